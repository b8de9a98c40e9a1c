"""The second half of an import: write the checked rows, chunk by chunk, and account for every one."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.locks import hold
from crm.core.sets import uncollected
from crm.listing.custom.importing import refuse_doubles
from crm.records.models import ImportJob

from . import matching, parts, staging
from .resource import Run, StagedRow

CHUNK = 2000
DEADLOCK_TRIES = 4


def commit(run: Run, *, until: float) -> bool:
    """Write waiting rows until none is left (True), the job was stopped, or time is up (False)."""
    while True:
        written = _with_retries(run)
        if written is None:
            return False
        if written == 0:
            return True
        if time.monotonic() > until:
            return False


@transaction.atomic
def finish(run: Run) -> None:
    """Write what had to wait for the last row, chunk by chunk; writing it twice changes nothing."""
    after = 0
    while run.resource.finishing and (
        rows := staging.written_with(run.job, run.resource.finishing, after, CHUNK)
    ):
        run.resource.finish(run, rows)
        staging.settle(rows)
        after = rows[-1].number


def _with_retries(run: Run) -> int | None:
    """One chunk; a deadlock with somebody's edit only costs another try."""
    for attempt in range(DEADLOCK_TRIES):
        try:
            with uncollected():
                return _commit_chunk(run)
        except OperationalError as error:
            if "deadlock" not in str(error) or attempt == DEADLOCK_TRIES - 1:
                raise
            time.sleep(0.2 * (attempt + 1))
    return None


@transaction.atomic
def _commit_chunk(run: Run) -> int | None:
    """Write one chunk; returns the rows it settled, None when the job is no longer to be written."""
    job = ImportJob._base_manager.select_for_update(of=("self",)).select_related("parent").get(pk=run.job.pk)
    if job.state != ImportJob.State.COMMITTING or job.stop_requested:
        return None
    run.job = job
    rows = staging.waiting(job, CHUNK)
    if not rows:
        return 0
    one_import_at_a_time(run)
    for row in rows:
        row.outcome = ""  # what was expected is decided anew: the world may have changed since the check
    if rows[0].leader is None:
        _write(run, rows)
    else:
        _add(run, rows)
    _finish(job, rows)
    return len(rows)


def _write(run: Run, rows: list[StagedRow]) -> None:
    """Create and update the records of rows that stand for themselves."""
    if run.job.parent_id:
        parts.keep_promises(run, rows)
    matching.match(run, rows)
    run.resource.doubt(run, rows, writing=True)
    refuse_doubles(run, rows, writing=True)
    created = [row for row in rows if row.outcome == "created"]
    if created:
        run.resource.create(run, created)
    for position, wave in enumerate(_waves([row for row in rows if row.outcome == "updated"])):
        if position:
            matching.compare(run, wave)
        for row in wave:
            if row.fills:
                row.before["fills"] = True  # the rows that add to this one do the same
        if changed := [row for row in wave if row.outcome == "updated"]:
            run.resource.update(run, changed)


def _waves(rows: list[StagedRow]) -> Iterator[list[StagedRow]]:
    """Rows in groups that name each record once: two rows may mean one record, the second sees what the first wrote."""
    while rows:
        first: dict[int | None, StagedRow] = {}
        later = [row for row in rows if first.setdefault(row.target_id, row) is not row]
        yield list(first.values())
        rows = later


def _add(run: Run, rows: list[StagedRow]) -> None:
    """Write what rows add to the records of earlier rows."""
    joined = matching.follow(run, rows, writing=True)
    existing = sorted({row.target_id or 0 for row in joined if row.outcome == "updated"})
    reachable = run.resource.within_reach(run, existing) if existing else set()
    for row in joined:
        if row.outcome == "updated" and row.target_id not in reachable:
            row.fail("occupied", run.resource.occupied(run, row, [row.target_id or 0]))
    if joined := [row for row in joined if row.outcome != "failed"]:
        run.resource.join(run, joined)


def one_import_at_a_time(run: Run) -> None:
    """Two imports of the same kind must not both find a key free and create the record twice."""
    hold(f"import:{run.resource.slug}")


def _finish(job: ImportJob, rows: list[StagedRow]) -> None:
    for row in rows:
        if not row.outcome:
            row.fail("unknown", _("This row was not written."))
    staging.settle(rows)
    job.written += len(rows)
    staging.add_counts(job, rows)
    job.beat_at, job.attempts = timezone.now(), 0  # only deaths at one and the same chunk are counted
    job.save(update_fields=["written", "counts", "beat_at", "attempts"])
