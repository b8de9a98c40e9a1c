"""Writes tables as xlsx or csv in constant memory."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from .cells import csv_text, safe_text

if TYPE_CHECKING:
    from .watermark import Watermark

BOM = "\ufeff"


class Echo:
    """A file that hands back what is written to it, for streaming."""

    def write(self, value: str) -> str:
        return value


def csv_lines(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The table as lines of CSV that Excel opens with the right characters (UTF-8 with its mark)."""
    writer = csv.writer(Echo())
    yield BOM + writer.writerow([safe_text(header) for header in headers])
    for row in rows:
        yield writer.writerow([csv_text(value) for value in row])


def write_csv(target: IO[bytes], headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write the table as CSV to a binary file."""
    for line in csv_lines(headers, rows):
        target.write(line.encode("utf-8"))


def write_xlsx(
    target: Any,
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    mark: Watermark | None = None,
) -> None:
    """Write the table as a workbook, see `xlsx.write_xlsx`."""
    from . import xlsx  # openpyxl is only for those who write workbooks

    xlsx.write_xlsx(target, title, headers, rows, mark)
