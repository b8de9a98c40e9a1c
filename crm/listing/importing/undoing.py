"""Undoing a whole import, chunk by chunk: what nobody has changed since goes back, the rest is kept and named."""

from __future__ import annotations

import time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.sets import uncollected
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.records.models import ImportJob, ImportRow

from . import jobs, parts, staging
from .committing import CHUNK, one_import_at_a_time
from .events import IMPORT_UNDONE
from .resource import Run


def may_undo(job: ImportJob) -> bool:
    """Whether an import wrote anything that can still be undone: its rows are kept and it was not undone yet."""
    return any(_undoable(one) for one in parts.chain_of(job)) and all(
        one.state in ImportJob.FINAL for one in parts.chain_of(job)
    )


def _undoable(job: ImportJob) -> bool:
    wrote = job.outcome["created"] + job.outcome["updated"]
    over = job.state in ImportJob.FINAL and job.state != ImportJob.State.UNDONE
    return bool(over and wrote and job.committed_at and not job.forgotten_at)


@transaction.atomic
def start_undo(job: ImportJob) -> ImportJob:
    """Begin to undo an import that has ended, of several sheets the last one first; pressing twice begins once."""
    jobs.resource_for(job)
    parts.hold_chain(job)
    job = ImportJob._base_manager.select_for_update(of=("self",)).select_related("user").get(pk=job.pk)
    if job.state == ImportJob.State.UNDONE or any(
        one.state == ImportJob.State.UNDOING for one in parts.chain_of(job)
    ):
        return job
    if not may_undo(job):
        raise RuleBroken(_("This import wrote nothing that can still be undone."), code="nothing_to_undo")
    last = [one for one in parts.chain_of(job) if _undoable(one)][-1]
    _begin_undo(last)
    job.refresh_from_db()
    return job


def _begin_undo(job: ImportJob) -> None:
    job.state, job.error = ImportJob.State.UNDOING, ""
    job.stop_requested = False
    job.attempts = 0
    job.beat_at = timezone.now()
    job.undo_counts = {"undone": 0, "kept": 0}
    job.save()
    jobs.wake_after_commit(job)


def undo(run: Run, *, until: float) -> bool:
    """Undo written rows, the last one first, until none is left (True) or time is up (False)."""
    while True:
        with uncollected():
            undone = _undo_chunk(run)
        if undone is None:
            return False
        if undone == 0:
            return True
        if time.monotonic() > until:
            return False


@transaction.atomic
def _undo_chunk(run: Run) -> int | None:
    job = ImportJob._base_manager.select_for_update().get(pk=run.job.pk)
    if job.state != ImportJob.State.UNDOING:
        return None
    rows = staging.undoable(job, CHUNK)
    if not rows:
        return 0
    run.job = job
    one_import_at_a_time(run)
    run.resource.take_back(run, rows)
    for row in rows:
        row.undone = row.undone or ImportRow.Undone.UNDONE.value
    staging.settle_undone(rows)
    kept = sum(1 for row in rows if row.undone == ImportRow.Undone.KEPT)
    led_undone, led_kept = staging.settle_led(job, rows)
    job.undo_counts = {
        "undone": job.undo_counts.get("undone", 0) + len(rows) - kept + led_undone,
        "kept": job.undo_counts.get("kept", 0) + kept + led_kept,
    }
    job.beat_at, job.attempts = timezone.now(), 0  # only deaths at one and the same chunk are counted
    job.save(update_fields=["undo_counts", "beat_at", "attempts"])
    return len(rows)


@transaction.atomic
def end_undo(job: ImportJob) -> None:
    """Every row was looked at: note the end."""
    parts.hold_chain(job)
    fresh = (
        ImportJob._base_manager.select_for_update().filter(pk=job.pk, state=ImportJob.State.UNDOING).first()
    )
    if fresh is None:
        return
    fresh.state, fresh.beat_at = ImportJob.State.UNDONE, timezone.now()
    fresh.save(update_fields=["state", "beat_at"])
    record_event(
        IMPORT_UNDONE,
        fresh,
        actor=Actor.of(job.user, origin="import"),
        payload={"file": fresh.file_name, "counts": fresh.undo_counts},
    )
    before = [one for one in parts.chain_of(fresh) if one.pk < fresh.pk and _undoable(one)]
    if before:
        _begin_undo(before[-1])
