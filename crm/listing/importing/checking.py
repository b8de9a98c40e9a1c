"""The first half of an import: read the file, clean every row, say what would become of it."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.sets import uncollected
from crm.listing.custom.importing import refuse_doubles
from crm.records.models import ImportJob

from . import matching, staging
from .mended import mended_cells
from .reading import SourceRow, read_rows
from .resource import Run, StagedRow
from .tables import Column, Table, is_repeated_header, is_summary

CHUNK = 2000


@contextlib.contextmanager
def local_file(job: ImportJob) -> Iterator[Path]:
    """The uploaded file on this machine's disk, fetched from the object store where the storage is remote."""
    storage = job.file.storage
    try:
        yield Path(storage.path(job.file.name))
        return
    except NotImplementedError:
        pass
    with tempfile.NamedTemporaryFile(suffix=f".{job.format}") as copy:
        with storage.open(job.file.name) as source:
            for piece in iter(lambda: source.read(1 << 20), b""):
                copy.write(piece)
        copy.flush()
        yield Path(copy.name)


def check(run: Run, *, until: float) -> bool:
    """Check the file from where the last attempt ended; True once every row is staged.

    Each chunk is one transaction that moves `read_to` on, so a killed worker repeats at most one chunk, and two
    workers on the same job never stage a row twice.
    """
    job = run.job
    table = table_of(job)
    with local_file(job) as path:
        source = read_rows(path, sheet=job.sheet, encoding=job.encoding, delimiter=job.delimiter)
        with contextlib.closing(source):
            rows = (row for row in source if row.number > max(job.header_row, job.read_to))
            while chunk := list(islice(rows, CHUNK)):
                with uncollected():
                    if not _check_chunk(run, table, chunk):
                        return False
                if time.monotonic() > until:
                    return False
    return True


def table_of(job: ImportJob) -> Table:
    """Where the table of a job stands in its sheet."""
    columns = [Column(c["index"], c["header"], c.get("samples", [])) for c in job.columns]
    return Table(job.header_row, columns)


def _check_chunk(run: Run, table: Table, chunk: list[SourceRow]) -> bool:
    """Clean and stage one chunk; False when the job was stopped, remapped or taken over meanwhile."""
    job = run.job
    if job.mended:
        chunk = [SourceRow(s.number, mended_cells(job, s.number, s.cells), s.broken) for s in chunk]
    rows = [read_row(run, table, source) for source in chunk]
    with transaction.atomic():
        fresh = ImportJob._base_manager.select_for_update().get(pk=job.pk)
        if fresh.state != ImportJob.State.CHECKING or fresh.stop_requested or fresh.revision != job.revision:
            return False
        if fresh.read_to != job.read_to:  # another worker was faster: go on behind it
            return False
        judge(run, rows)
        staging.stage(job, rows)
        job.read_to = chunk[-1].number
        job.checked += len(rows)
        staging.add_counts(job, rows)
        job.beat_at, job.attempts = timezone.now(), 0  # only deaths at one and the same chunk are counted
        job.save(update_fields=["read_to", "checked", "counts", "beat_at", "attempts"])
    return True


def judge(run: Run, rows: list[StagedRow]) -> None:
    """Say of cleaned rows which record each one means and what will become of it."""
    for row in rows:
        if not row.outcome:
            row.key = run.resource.key_of(run, row)
    matching.find_repeats(run, rows)
    leading = [row for row in rows if row.leader is None] if run.resource.joins else rows
    matching.match(run, leading)
    run.resource.doubt(run, leading, writing=False)
    refuse_doubles(run, leading, writing=False)
    if run.resource.joins:
        matching.follow(run, rows, writing=False)


def read_row(run: Run, table: Table, source: SourceRow) -> StagedRow:
    """One row of the file, cleaned; repeated headers and totals are left out."""
    if is_repeated_header(source.cells, table):
        row = StagedRow(None, source.number, source.cells, {})
        row.skip("header", _("This row repeats the header."))
        return row
    if is_summary(source.cells, len(table.columns)):
        row = StagedRow(None, source.number, source.cells, {})
        row.skip("summary", _("This row is a total or a remark, not a record."))
        return row
    return run.resource.clean(run, source.number, source.cells, source.broken)
