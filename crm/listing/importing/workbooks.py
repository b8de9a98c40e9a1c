"""The workbooks an import hands out: the rows that were refused, ready to be mended, and an empty template."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from crm.listing.exporting.xlsx import header_cell, sheet_title, text_cell
from crm.records.models import ImportJob, ImportRow

from .resource import ImportResource

BAD_CELL = PatternFill("solid", fgColor="FFFCEAE6")
BAD_TEXT = Font(color="FFB42E1B")
NOTE_TEXT = Font(color="FF626C80", italic=True)
TEMPLATE_ROWS = 1000


def refused_rows(job: ImportJob) -> Iterator[ImportRow]:
    """The rows to mend: those that failed, and those a stop left behind."""
    rows = ImportRow._base_manager.filter(job=job).order_by("number")
    if job.state in (ImportJob.State.MAPPING, ImportJob.State.CHECKING, ImportJob.State.READY):
        chosen = rows.filter(expected=ImportRow.Outcome.FAILED)
    else:
        stopped = rows.filter(outcome=ImportRow.Outcome.SKIPPED, errors__contains=[{"code": "stopped"}])
        chosen = rows.filter(outcome=ImportRow.Outcome.FAILED) | stopped
    yield from chosen.iterator(chunk_size=2000)


def write_errors(job: ImportJob, target: Any) -> None:
    """The refused rows with the columns of the file and a column of reasons; wrong cells are red.

    The header stands as in the file, so that the mended workbook can be imported as it is.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheet_title(job.sheet or _("Rows to mend")))
    sheet.freeze_panes = "A2"
    columns = job.columns
    for position, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = min(
            max(len(column["header"]) * 2 + 4, 10), 40
        )
    sheet.column_dimensions[get_column_letter(len(columns) + 1)].width = 60
    sheet.append(
        [header_cell(sheet, _original(column["header"])) for column in columns]
        + [header_cell(sheet, _("What to mend"))]
    )
    for row in refused_rows(job):
        bad = {error.get("column") for error in row.errors}
        cells = [_cell(sheet, row.cells, column, column["header"] in bad) for column in columns]
        reason = text_cell(sheet, "\n".join(_reason(error) for error in row.errors))
        reason.font = BAD_TEXT
        reason.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.append([*cells, reason])
    book.save(target)


def keep_errors(job: ImportJob) -> str:
    """Store the workbook of refused rows where only the job's owner gets at it; returns its name."""
    with tempfile.TemporaryFile() as target:
        write_errors(job, target)
        target.seek(0)
        return default_storage.save(f"imports/{secrets.token_urlsafe(24)}.xlsx", File(target))


def _original(header: str) -> str:
    """Columns that had no name get none; repeated names keep their number, which is harmless."""
    return "" if header.startswith("(") and header.endswith(")") and header[1:-1].isupper() else header


def _cell(sheet: Any, cells: list[str], column: dict[str, Any], bad: bool) -> WriteOnlyCell:
    found = text_cell(sheet, cells[column["index"]] if column["index"] < len(cells) else "")
    if bad:
        found.fill = BAD_CELL
        found.font = BAD_TEXT
    return found


def _reason(error: dict[str, str]) -> str:
    text = f"{error['column']}: {error['message']}" if error.get("column") else error["message"]
    return f"{text} → {error['suggestion']}" if error.get("suggestion") else text


def write_template(resource: ImportResource, target: Any) -> None:
    """An empty sheet with the columns of a resource, one example row, choices to pick from and notes."""
    book = Workbook()
    sheet = book.active
    sheet.title = sheet_title(str(resource.noun))
    sheet.freeze_panes = "A2"
    notes = book.create_sheet(sheet_title(_("Notes")))
    notes.append([_("Column"), _("Note")])
    notes.column_dimensions["A"].width, notes.column_dimensions["B"].width = 28, 70
    shown = [(name, column) for name, column in resource.columns.items() if name != "id"]
    for position, (_name, column) in enumerate(shown, start=1):
        letter = get_column_letter(position)
        head = sheet.cell(
            row=1, column=position, value=f"{column.label} *" if column.required else str(column.label)
        )
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor="FFEDEFF4")
        sheet.column_dimensions[letter].width = max(len(str(column.label)) * 2 + 4, 14)
        example = sheet.cell(row=2, column=position, value=str(column.example or ""))
        example.number_format = "@"
        example.font = NOTE_TEXT
        if column.choices:
            picked = DataValidation(
                type="list", formula1='"' + ",".join(map(str, column.choices)) + '"', allow_blank=True
            )
            sheet.add_data_validation(picked)
            picked.add(f"{letter}2:{letter}{TEMPLATE_ROWS}")
        for row in range(3, 52):
            sheet.cell(
                row=row, column=position
            ).number_format = "@"  # Excel must not turn phone numbers into 1.38E+10
        if column.required or column.note:
            text = str(column.note or "")
            notes.append(
                [str(column.label), _("Required. %(note)s") % {"note": text} if column.required else text]
            )
    notes.append(["", _("The second row is an example; overwrite it.")])
    book.save(target)
