"""What the preview of an import shows: rows as they will become, with what is wrong in each cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from crm.records.models import ImportJob, ImportRow

from .resource import Run

PAGE = 50
TABS = ("all", "errors", "doubtful", "created", "updated", "skipped", "kept")


@dataclass
class Cell:
    """One cell of the preview: what it will be, or what stands there and what is wrong with it."""

    text: str
    css: str = ""
    why: str = ""
    fix: str = ""
    field: str = ""  # set where the cell can be mended
    code: str = ""
    name: str = ""  # the field the column goes to


@dataclass
class Line:
    """One row of the preview."""

    number: int
    outcome: str
    label: str
    cells: list[Cell]
    reasons: list[str]
    target_id: int | None
    leader: int | None = None  # the row to whose record this one adds
    suspects: list[dict[str, Any]] = field(default_factory=list)
    choice: str = ""  # what somebody chose to do with a likely duplicate
    chosen: int | None = None  # and for which of the suspects
    record: int | None = None  # where it was written to, as it is today
    url: str = ""


def lines(run: Run, *, tab: str = "all", after: int = 0, size: int = PAGE) -> tuple[list[Line], int | None]:
    """A page of preview rows behind row `after`, and where the next page begins."""
    job = run.job
    column = "outcome" if job.is_final or job.committed_at else "expected"
    rows = ImportRow._base_manager.filter(job=job, number__gt=after).order_by("number")
    wanted = {
        "errors": ("failed",),
        "skipped": ("skipped",),
        "created": ("created",),
        "updated": ("updated", "unchanged"),
    }
    if tab == "kept":
        rows = rows.filter(undone=ImportRow.Undone.KEPT)
    if tab == "doubtful":
        rows = rows.exclude(suspects=[])
    if tab in wanted:
        rows = rows.filter(**{f"{column}__in": wanted[tab]})
    found = list(rows[: size + 1])
    more = found[size - 1].number if len(found) > size else None
    shown = [_line(run, row, getattr(row, column) or row.expected) for row in found[:size]]
    if column == "outcome":
        _lead_to_records(run, shown)
    return shown, more


def _lead_to_records(run: Run, shown: list[Line]) -> None:
    """Say where the rows went: the records as they are today, as far as the importer may see them."""
    ids = sorted({line.target_id for line in shown if line.target_id and line.outcome != "failed"})
    records = run.resource.records(run.user, ids) if ids else {}
    for line in shown:
        if record := records.get(line.target_id or 0):
            line.record, line.url = record.pk, record.get_absolute_url()


def _line(run: Run, row: ImportRow, outcome: str) -> Line:
    by_field: dict[str, dict[str, Any]] = {}
    reasons = []
    mendable = run.job.state == ImportJob.State.READY and outcome == ImportRow.Outcome.FAILED
    for error in row.errors:
        if error.get("field") in run.headers:
            by_field.setdefault(error["field"], error)
        else:
            reasons.append(error["message"])
    cells = []
    for placed in run.placed:
        raw = row.cells[placed.index].strip() if placed.index < len(row.cells) else ""
        error = by_field.get(placed.name)
        if error:
            fix, name = error.get("suggestion", ""), placed.name if mendable else ""
            cells.append(Cell(raw, "cell-bad", error["message"], fix, name, error["code"], placed.name))
        elif placed.name in row.cleaned:
            cells.append(
                Cell(run.resource.shown(run, placed.name, row.cleaned[placed.name]), name=placed.name)
            )
        else:
            going_in = outcome in ("created", "updated", "unchanged")
            cells.append(Cell("" if going_in else raw, name=placed.name))
    label = str(dict(ImportRow.Outcome.choices).get(outcome, ""))
    if row.undone:
        outcome, label = row.undone, str(dict(ImportRow.Undone.choices)[row.undone])
    choice, chosen = run.job.mended.get("doubles", {}).get(str(row.number), ("", None))
    return Line(
        row.number, outcome, label, cells, reasons, row.target_id, row.leader, row.suspects, choice, chosen
    )
