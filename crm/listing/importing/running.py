"""Carries an import job from one state to the next, as far as one task may, and picks up what was dropped."""

from __future__ import annotations

import time
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.records.models import ImportJob, ImportRow

from . import checking, committing, jobs, parts, staging, undoing
from .events import IMPORT_FAILED, IMPORT_FINISHED
from .reading import UnreadableFile
from .resource import ImportResource, Run

log = structlog.get_logger(__name__)

SLICE_SECONDS = 45.0  # a task goes on in a new task after this long, so that other work has its turn
ATTEMPTS = 5
DROPPED_AFTER = timedelta(seconds=60)


def advance(job_id: int, *, seconds: float = SLICE_SECONDS) -> bool:
    """Work on a job for a while; True when it should be called again."""
    job = ImportJob._base_manager.select_related("user", "parent__user").filter(pk=job_id).first()
    if job is None or job.state not in ImportJob.ACTIVE or parts.waits(job):
        return False
    with translation.override(job.user.language or settings.LANGUAGE_CODE):
        try:
            if not _try_again(job):
                return False
            return _advance(job, time.monotonic() + seconds)
        except (UnreadableFile, RuleBroken) as error:
            fail(job, str(error))
        except PermissionDenied:
            fail(job, _("You may no longer import this kind of record."))
        except FileNotFoundError:
            fail(job, _("The uploaded file is no longer there."))
    return False


def _try_again(job: ImportJob) -> bool:
    """Count the attempt; a job that kills its worker again and again is given up."""
    ImportJob._base_manager.filter(pk=job.pk).update(
        attempts=models.F("attempts") + 1, beat_at=timezone.now()
    )
    job.attempts += 1
    if job.attempts <= ATTEMPTS:
        return True
    fail(job, _("The import was given up after %(count)s attempts.") % {"count": ATTEMPTS})
    return False


def _advance(job: ImportJob, until: float) -> bool:
    resource = jobs.resource_for(job)
    if job.state != ImportJob.State.UNDOING:
        jobs.require_import(job.user, resource, job.mode)
    waiting = job.state in (ImportJob.State.QUEUED, ImportJob.State.READING)
    if waiting and not _begin_check(job, resource):
        return False
    if job.state == ImportJob.State.CHECKING:
        run = Run(job, resource, job.user)
        if not checking.check(run, until=until):
            return _go_on(job)
        if not _end_check(run):
            _keep_errors(job)
            return False
    if job.state == ImportJob.State.COMMITTING:
        run = Run(job, resource, job.user)
        if not committing.commit(run, until=until):
            return _go_on(job)
        committing.finish(run)
        _end_commit(run)
        _keep_errors(job)
    if job.state == ImportJob.State.UNDOING:
        if not undoing.undo(Run(job, resource, job.user), until=until):
            return _go_on(job)
        undoing.end_undo(job)
    return False


def _keep_errors(job: ImportJob) -> None:
    """Make the workbook of refused rows while nobody waits for it."""
    fresh = ImportJob._base_manager.get(pk=job.pk)
    if fresh.outcome["failed"] and fresh.state in (ImportJob.State.READY, ImportJob.State.DONE):
        from . import workbooks  # openpyxl is only for those who write workbooks

        name = workbooks.keep_errors(fresh)
        kept = ImportJob._base_manager.filter(
            pk=job.pk, state=fresh.state, revision=fresh.revision, errors_file=""
        )
        if not kept.update(errors_file=name):
            fresh.errors_file.storage.delete(name)


def _go_on(job: ImportJob) -> bool:
    """Whether unfinished work remains; a chunk that went through clears the attempts."""
    return bool(ImportJob._base_manager.filter(pk=job.pk, state__in=ImportJob.ACTIVE).update(attempts=0))


@transaction.atomic
def _begin_check(job: ImportJob, resource: ImportResource) -> bool:
    """Start the check, unless columns are missing that only a person can assign."""
    fresh = _locked(job, ImportJob.State.QUEUED, ImportJob.State.READING)
    if fresh is None:
        return False
    missing = resource.missing(job.mapping, job.mode)
    if job.mode == ImportJob.Mode.UPDATE and job.key not in job.mapping.values():
        missing = [resource.columns[job.key]] if job.key in resource.columns else missing
    if missing:
        names = _(", ").join(str(column.label) for column in missing)
        message = _("No column of the file is assigned to: %(names)s.") % {"names": names}
        if job.interactive:
            job.state, job.error = ImportJob.State.MAPPING, message
            job.save(update_fields=["state", "error"])
        else:
            fail(job, message)
        return False
    job.state, job.error = ImportJob.State.CHECKING, ""
    job.save(update_fields=["state", "error"])
    return True


@transaction.atomic
def _end_check(run: Run) -> bool:
    """All rows are staged: wait for the person, or go on where none was asked for; True to go on."""
    job = run.job
    parts.hold_chain(job)
    fresh = _locked(job, ImportJob.State.CHECKING)
    if fresh is None:
        return False
    job.total = job.checked = ImportRow._base_manager.filter(job=job).count()
    job.counts = staging.count(job, "expected")
    job.tally = run.resource.tally(run, "expected")
    job.state = ImportJob.State.READY
    job.attempts = 0
    job.beat_at = timezone.now()
    job.save(update_fields=["total", "checked", "counts", "tally", "state", "attempts", "beat_at"])
    parts.check_all(job)
    if fresh.dry_run or not parts.may_begin(job):
        return False
    job.dry_run = False
    jobs.begin_commit(job, Actor.of(job.user, origin="import"))
    return True


@transaction.atomic
def _end_commit(run: Run) -> None:
    job = run.job
    parts.hold_chain(job)
    fresh = _locked(job, ImportJob.State.COMMITTING)
    if fresh is None:
        return
    job.counts = staging.count(fresh, "outcome")
    job.tally = run.resource.tally(run, "outcome")
    job.written = fresh.total
    job.state = ImportJob.State.DONE
    job.finished_at = job.beat_at = timezone.now()
    job.save(update_fields=["counts", "tally", "written", "state", "finished_at", "beat_at"])
    record_event(
        IMPORT_FINISHED,
        job,
        actor=Actor.of(job.user, origin="import"),
        payload={"file": job.file_name, "resource": run.resource.slug, "counts": job.counts},
    )
    parts.go_on(job)


@transaction.atomic
def fail(job: ImportJob, message: str) -> None:
    """End a job that cannot go on; rows already written stay, the others failed with it."""
    fresh = _locked(job, *ImportJob.ACTIVE)
    if fresh is None:
        return
    if fresh.state == ImportJob.State.COMMITTING:
        staging.settle_rest(fresh, ImportRow.Outcome.FAILED, "given_up", message)
        fresh.counts = staging.count(fresh, "outcome")
    if fresh.state == ImportJob.State.UNDOING:  # what is undone stays undone; it may be begun again
        fresh.state, fresh.error, fresh.beat_at = ImportJob.State.DONE, message, timezone.now()
    else:
        fresh.state, fresh.error = ImportJob.State.FAILED, message
        fresh.finished_at = fresh.beat_at = timezone.now()
    fresh.save()
    if fresh.state == ImportJob.State.FAILED:
        parts.end_rest(fresh)
        actor = Actor.of(fresh.user, origin="import")
        record_event(IMPORT_FAILED, fresh, actor=actor, payload={"file": fresh.file_name, "error": message})
    log.warning("import_failed", job=job.pk, reason=message)


def _locked(job: ImportJob, *states: str) -> ImportJob | None:
    """The job as it is now, locked, if nobody stopped it, took it over or assigned its columns anew."""
    return (
        ImportJob._base_manager.select_for_update()
        .filter(pk=job.pk, state__in=states, revision=job.revision, stop_requested=False)
        .first()
    )


def pick_up_dropped() -> int:
    """Wake a worker for every active job that has shown no sign of life; returns how many."""
    from crm.events.tasks import wake

    from .tasks import run_import

    dropped = ImportJob._base_manager.filter(
        state__in=ImportJob.ACTIVE, beat_at__lt=timezone.now() - DROPPED_AFTER
    ).values_list("pk", flat=True)
    count = 0
    for pk in list(dropped):
        wake(run_import, pk)
        count += 1
    return count
