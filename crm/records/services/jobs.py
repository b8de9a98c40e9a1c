"""Background jobs: claimed by one runner at a time, resumable, stoppable, safe to run twice."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.models import User
from crm.records.events import JOB_FINISHED, JOB_RETRIED
from crm.records.models import BackgroundJob
from crm.records.queries import RUNNER_SILENT_AFTER

State = BackgroundJob.State
FAILURES_KEPT = 1000
ATTEMPTS = (
    5  # a job whose runners died this often without getting on is given up: it would kill workers for ever
)


def create_job(user: User, *, kind: str, title: str, params: Mapping[str, Any], total: int) -> BackgroundJob:
    """Write down work to be done in the background."""
    return BackgroundJob._base_manager.create(
        user=user, kind=kind, title=title[:200], params=dict(params), total=total
    )


@transaction.atomic
def claim(job_id: int) -> BackgroundJob | None:
    """Take a waiting job, or one whose runner fell silent; nothing when somebody else has it or it is over."""
    silent = timezone.now() - RUNNER_SILENT_AFTER
    job = (
        BackgroundJob._base_manager.select_for_update(skip_locked=True)
        .filter(Q(state=State.QUEUED) | Q(state=State.RUNNING, seen_at__lt=silent), pk=job_id)
        .first()
    )
    if job is None:
        return None
    if job.attempts >= ATTEMPTS:
        _close(job, State.FAILED, result={"error": "attempts"})
        return None
    job.state, job.lease, job.seen_at, job.attempts = (
        State.RUNNING,
        uuid.uuid4(),
        timezone.now(),
        job.attempts + 1,
    )
    job.save(update_fields=["state", "lease", "seen_at", "attempts"])
    return job


def hold(job: BackgroundJob) -> BackgroundJob | None:
    """The job locked for one batch, inside the caller's transaction; nothing once another runner took it over."""
    return (
        BackgroundJob._base_manager.select_for_update()
        .filter(pk=job.pk, lease=job.lease, state=State.RUNNING)
        .first()
    )


def advance(job: BackgroundJob, *, done: int, failures: Sequence[Mapping[str, Any]], position: int) -> None:
    """Note a finished batch in the transaction that did it."""
    job.done += done
    job.failed += len(failures)
    job.failures = [*job.failures, *failures][:FAILURES_KEPT]
    job.position, job.seen_at, job.attempts = position, timezone.now(), 0
    job.save(update_fields=["done", "failed", "failures", "position", "seen_at", "attempts"])


def finish(job: BackgroundJob, **values: Any) -> None:
    """The job is through; `undo` and `result` may be kept with it."""
    _close(job, State.DONE, **values)


def stop(job: BackgroundJob) -> None:
    """Stop a job: what is done stays done, the rest is left alone."""
    BackgroundJob._base_manager.filter(pk=job.pk, state=State.QUEUED).update(
        state=State.STOPPED, finished_at=timezone.now()
    )
    BackgroundJob._base_manager.filter(pk=job.pk, state=State.RUNNING).update(stop_requested=True)


def stopped(job: BackgroundJob) -> None:
    """The runner heeds a request to stop."""
    _close(job, State.STOPPED)


def fail(job: BackgroundJob, error: str) -> None:
    """The job cannot go on; the reason is for the person who started it."""
    _close(job, State.FAILED, result={"error": error})


@transaction.atomic
def retry(job: BackgroundJob, *, actor: Actor) -> BackgroundJob:
    """An administrator lets a failed job go on where it stopped, under the rights its person has now."""
    job = BackgroundJob._base_manager.select_for_update().get(pk=job.pk)
    if job.state != State.FAILED:
        raise RuleBroken(_("Only what has failed can be tried again."))
    job.state, job.attempts, job.finished_at = State.QUEUED, 0, None
    job.save(update_fields=["state", "attempts", "finished_at"])
    record_event(JOB_RETRIED, job, actor=actor, payload={"title": job.title})
    return job


def _close(job: BackgroundJob, state: str, **values: Any) -> None:
    job.state, job.finished_at, job.lease = state, timezone.now(), None
    for field, value in values.items():
        setattr(job, field, value)
    job.save(update_fields=["state", "finished_at", "lease", *values])
    seconds = round((job.finished_at - job.created_at).total_seconds())
    payload = {"title": job.title, "state": state, "done": job.done, "failed": job.failed, "seconds": seconds}
    record_event(JOB_FINISHED, job, actor=Actor.of(job.user, origin="task"), payload=payload)
