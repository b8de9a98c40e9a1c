"""Writes a table as a workbook in constant memory.

openpyxl takes a good part of a second to load, and most processes never write a workbook: whoever does imports this then.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from .cells import FORBIDDEN, LONGEST, plain

if TYPE_CHECKING:
    from .watermark import Watermark

HEADER_FILL = PatternFill("solid", fgColor="FFEDEFF4")
WIDTHS = (8, 48)


def write_xlsx(
    target: Any,
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    mark: Watermark | None = None,
) -> None:
    """Write the table as a workbook with a bold, frozen header and a filter.

    With a mark it says who took it out: on every printed page, in the properties of the document and on a second sheet.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheet_title(title))
    sheet.freeze_panes = "A2"
    for index, header in enumerate(headers, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = min(
            max(len(header) * 2 + 4, WIDTHS[0]), WIDTHS[1]
        )
    sheet.append([header_cell(sheet, header) for header in headers])
    for row in rows:
        sheet.append([cell(sheet, value) for value in row])
    if headers:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(headers))}1"
    if mark is not None:
        _mark(book, sheet, mark)
    book.save(target)


def _mark(book: Workbook, sheet: Any, mark: Watermark) -> None:
    line = mark.line.replace("&", "&&")[:200]  # a single & begins a code of Excel's
    sheet.oddHeader.right.text = sheet.oddFooter.left.text = line
    sheet.oddFooter.right.text = "&P / &N"
    book.properties.creator = book.properties.lastModifiedBy = mark.person
    book.properties.identifier = mark.number
    book.properties.description = mark.line
    book.properties.created = mark.at.astimezone(datetime.UTC).replace(tzinfo=None)
    about = book.create_sheet(sheet_title(_("About this export")))
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 20, 60
    for label, value in (
        (mark.heading, mark.number),
        (_("Exported by"), mark.person),
        (_("Exported at"), mark.at),
        (_("Reason"), mark.reason),
    ):
        about.append([header_cell(about, label), cell(about, value)])


def header_cell(sheet: Any, text: str) -> WriteOnlyCell:
    found = text_cell(sheet, text)
    found.font = Font(bold=True)
    found.fill = HEADER_FILL
    return found


def text_cell(sheet: Any, text: str) -> WriteOnlyCell:
    """A cell that is text whatever it begins with."""
    found = WriteOnlyCell(sheet, value=FORBIDDEN.sub("", text)[:LONGEST])
    found.data_type = "s"
    return found


def cell(sheet: Any, value: Any) -> Any:
    """A value as openpyxl takes it: text that could be taken for a formula or an error is marked as text."""
    value = plain(value)
    if isinstance(value, str):
        value = FORBIDDEN.sub("", value)[:LONGEST]
        return text_cell(sheet, value) if value[:1] in ("=", "#") else value
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() else None
    if isinstance(value, int) and abs(value) > 10**15:  # Excel keeps fifteen digits
        return str(value)
    if isinstance(value, datetime.date) and value.year < 1900:  # before Excel's calendar
        return value.isoformat()
    return value


def sheet_title(title: str) -> str:
    """A name Excel accepts for a sheet."""
    return (
        "".join("_" if character in r"[]:*?/\\" else character for character in title).strip("'")[:31]
        or "Sheet1"
    )
