"""Mending a checked file where it stands: a cell is typed anew, a suggestion accepted, a successor named.

What was mended is kept with the import, so that it also holds when the columns are assigned anew.
"""

from __future__ import annotations

from collections import Counter

from django.db import models, transaction
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken
from crm.records.models import ImportJob, ImportRow

from . import checking, jobs, parts, staging
from .mended import mended_cells
from .reading import SourceRow
from .resource import Placed, Run

AT_ONCE = 2000  # more rows than this are checked again in the background
MOST_CELLS = 5000
LONGEST = 32_767


@transaction.atomic
def mend(job: ImportJob, *, field: str, value: str, row: int | None = None, text: str = "") -> ImportJob:
    """Put another value into the cell of one row, or in place of a text wherever it is wrong in the column."""
    job, placed = _open(job, field)
    if len(value) > LONGEST:
        raise RuleBroken(_("The text is longer than a cell can hold."), field="value")
    rows = ImportRow._base_manager.filter(job=job, expected=ImportRow.Outcome.FAILED)
    if row is not None:
        cells = job.mended.setdefault("cells", {})
        if len(cells) >= MOST_CELLS and str(row) not in cells:
            raise RuleBroken(_("Mend this many rows in the workbook of errors instead."), code="too_many")
        cells.setdefault(str(row), {})[str(placed.index)] = value
        rows = ImportRow._base_manager.filter(job=job, number=row)
    else:
        _replace(job, placed.index, {text.strip(): value})
        rows = rows.filter(errors__contains=[{"field": field}])
    return _check_again(job, rows)


@transaction.atomic
def accept_suggestions(job: ImportJob) -> ImportJob:
    """Accept everything the check suggests, each wherever the same text stands in its column."""
    job = _locked(job)
    run = Run(job, jobs.resource_for(job), job.user)
    by_name = {placed.name: placed for placed in run.placed}
    suggested: dict[int, dict[str, str]] = {}
    for cells, errors in _with_suggestions(job).values_list("cells", "errors").iterator(chunk_size=2000):
        for error in errors:
            placed = by_name.get(error.get("field", ""))
            if placed and error.get("suggestion") and placed.index < len(cells):
                suggested.setdefault(placed.index, {})[cells[placed.index].strip()] = error["suggestion"]
    for index, replacements in suggested.items():
        _replace(job, index, replacements)
    return _check_again(job, _with_suggestions(job))


CHOICES = ("merge", "overwrite", "skip", "new")


@transaction.atomic
def decide(job: ImportJob, *, row: int, action: str, record: int | None = None) -> ImportJob:
    """Say of one row that may be a record one has already what shall become of it; an empty action forgets that.

    `record` names which of the records it may be; without it the likeliest is meant.
    """
    job = _locked(job)
    found = staging.doubtful(job).filter(number=row).first()
    if found is None:
        raise RuleBroken(_("This row is not suspected to be a duplicate."), field="row")
    doubles = job.mended.setdefault("doubles", {})
    if not action:
        doubles.pop(str(row), None)
        return _check_again(job, staging.doubtful(job).filter(number=row))
    if action not in CHOICES:
        raise RuleBroken(_("Choose merge, overwrite, skip or new."), field="action")
    if len(doubles) >= MOST_CELLS and str(row) not in doubles:
        raise RuleBroken(_("Mend this many rows in the workbook of errors instead."), code="too_many")
    if action in ("merge", "overwrite"):
        open_to = [suspect["id"] for suspect in found.suspects if suspect["open"]]
        record = record if record is not None else next(iter(open_to), None)
        if record not in open_to:
            raise RuleBroken(_("You may not change the customer this row may be."), field="record")
    doubles[str(row)] = [action, record if action in ("merge", "overwrite") else None]
    return _check_again(job, staging.doubtful(job).filter(number=row))


def suggestions(job: ImportJob) -> int:
    """How many cells have a suggestion."""
    found = _with_suggestions(job).values_list("errors", flat=True)[:10_000]
    return sum(1 for errors in found for error in errors if error.get("suggestion"))


def former_people(run: Run) -> list[tuple[str, str, int]]:
    """Cells that name somebody who has left: (field, text, rows), the most frequent first."""
    rows = ImportRow._base_manager.filter(
        job=run.job, expected=ImportRow.Outcome.FAILED, errors__contains=[{"code": "former_owner"}]
    )
    by_name = {placed.name: placed for placed in run.placed}
    found: Counter[tuple[str, str]] = Counter()
    for cells, errors in rows.values_list("cells", "errors").iterator(chunk_size=2000):
        for error in errors:
            placed = by_name.get(error.get("field", ""))
            if error["code"] == "former_owner" and placed and placed.index < len(cells):
                found[placed.name, cells[placed.index].strip()] += 1
    return [(name, text, count) for (name, text), count in found.most_common(20)]


# --- Steps -----------------------------------------------------------------------------------------


def _with_suggestions(job: ImportJob) -> models.QuerySet[ImportRow]:
    rows = ImportRow._base_manager.filter(job=job, expected=ImportRow.Outcome.FAILED)
    return rows.extra(where=["errors @? '$[*].suggestion'"]).order_by("number")


def _locked(job: ImportJob) -> ImportJob:
    job = ImportJob._base_manager.select_for_update(of=("self",)).select_related("user").get(pk=job.pk)
    if job.state != ImportJob.State.READY:
        raise RuleBroken(_("Only a checked file can be mended here."), code="not_ready")
    return job


def _open(job: ImportJob, field: str) -> tuple[ImportJob, Placed]:
    job = _locked(job)
    run = Run(job, jobs.resource_for(job), job.user)
    placed = next((placed for placed in run.placed if placed.name == field), None)
    if placed is None:
        raise RuleBroken(_("No column of the file goes to this field."), field="field")
    return job, placed


def _replace(job: ImportJob, index: int, replacements: dict[str, str]) -> None:
    known = job.mended.setdefault("texts", {}).setdefault(str(index), {})
    for text, value in known.items():  # what was put in place of something may be replaced again
        known[text] = replacements.get(value.strip(), value)
    known |= replacements


def _check_again(job: ImportJob, rows: models.QuerySet[ImportRow]) -> ImportJob:
    """Check rows with what was mended; many of them, or a whole file, in the background."""
    found = list(rows.order_by("number")[: AT_ONCE + 1])
    led = ImportRow._base_manager.filter(job=job, leader__in=[row.number for row in found])
    found += led.exclude(pk__in=[row.pk for row in found]).order_by("number")[: AT_ONCE + 1]
    if len(found) > AT_ONCE:
        return jobs.restart(job)
    found.sort(key=lambda row: row.number)
    run = Run(job, jobs.resource_for(job), job.user)
    table = checking.table_of(job)
    checked = []
    for row in found:
        cells = mended_cells(job, row.number, row.cells)
        staged = checking.read_row(run, table, SourceRow(row.number, cells, _broken(row)))
        staged.id = row.pk
        checked.append(staged)
    checking.judge(run, checked)
    staging.settle_checked(checked)
    job.counts = staging.count(job, "expected")
    job.tally = run.resource.tally(run, "expected")
    jobs.drop_errors_file(job)
    job.save(update_fields=["mended", "counts", "tally", "errors_file"])
    parts.check_all(job)
    return job


def _broken(row: ImportRow) -> str:
    codes = {error["code"] for error in row.errors}
    return "card" if "card" in codes else "quote" if "unclosed_quote" in codes else ""
