"""Finds the table inside a sheet: the header row among titles, the columns in use, the summary at the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crm.core.text import fold, tidy

from .reading import Sheet, SourceRow

SEARCHED_ROWS = 30
HEADER_LENGTH = 60
SUMMARY_WORDS = (
    "合计", "总计", "小计", "共计", "汇总", "制表", "填表", "审核人", "打印时间", "导出时间", "数据来源", "说明：", "说明:",
    "注：", "注:", "备注：", "备注:", "total", "grand total", "subtotal", "sum", "source:", "note:", "printed", "exported",
)  # fmt: skip
NUMBER = re.compile(r"^[-+−(]?[¥￥$€£]?\s?[\d,.]+\s?[%)]?$")
DATE = re.compile(r"^\d{1,4}[-/.年]\d{1,2}([-/.月]\d{1,4}日?)?([ T]\d{1,2}:\d{2}(:\d{2})?)?$")


@dataclass(slots=True)
class Column:
    """One column of the file in use: its place, its name (unique within the file) and the first values."""

    index: int
    header: str
    samples: list[str]


@dataclass(slots=True)
class Table:
    """Where the table stands in its sheet; rows below `header_row` are data."""

    header_row: int
    columns: list[Column]

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]


def header_key(header: str) -> str:
    """A header as it is compared: without width, case, spaces, stars, units and remarks in brackets."""
    text = re.sub(r"[(\[【<{].*?[)\]】>}]", "", fold(header))
    return re.sub(r"[\s*:：_\-./\\#'\"?!·]+", "", text)


def find_table(sheet: Sheet, vocabulary: Iterable[str] = (), header_row: int | None = None) -> Table | None:
    """The table of a sheet, or None when it has no filled row; `vocabulary` are headers the import knows."""
    rows = [row for row in sheet.sample if any(cell.strip() for cell in row.cells)]
    if not rows:
        return None
    position = next((index for index, row in enumerate(rows) if row.number == header_row), None)
    if position is None:
        position = _best_header(rows, set(vocabulary))
    header, below = rows[position], rows[position + 1 :]
    return Table(header.number, _columns(header, below))


def known_headers(table: Table, vocabulary: Iterable[str]) -> int:
    """How many headers of the table the import knows, to choose between sheets."""
    known = set(vocabulary)
    return sum(1 for header in table.headers if header_key(header) in known)


def choose_sheet(sheets: Sequence[Sheet], vocabulary: Iterable[str], titles: Sequence[str] = ()) -> Sheet:
    """The sheet a person would mean: visible, of the right title, with most known headers, then with most rows."""
    known = set(vocabulary)
    named = {fold(title) for title in titles if title}

    def merit(sheet: Sheet) -> tuple:
        table = find_table(sheet, known)
        headers = known_headers(table, known) if table else -1
        return (not sheet.hidden, fold(sheet.name) in named and headers > 0, headers, sheet.rows)

    return max(sheets, key=merit)


def is_summary(cells: Sequence[str], width: int) -> bool:
    """Whether a row is a total or a remark below the table rather than one more record."""
    first = fold(next((cell for cell in cells if cell and not cell.isspace()), ""))
    if not first.startswith(SUMMARY_WORDS):
        return False
    if first in SUMMARY_WORDS or re.match(
        r"^(合计|总计|小计|共计|汇总|grand total|total|subtotal)\s*[:：]?\s*[\d.,]*$", first
    ):
        return True
    return sum(1 for cell in cells if cell.strip()) <= max(1, width // 3)


def is_repeated_header(cells: Sequence[str], table: Table) -> bool:
    """Whether a row below repeats the header, as printed lists do on every page."""
    needed = max(2, len(table.columns) * 2 // 3)
    misses = len(table.columns) - needed
    if misses < 0:
        return False
    for column in table.columns:
        cell = cells[column.index] if column.index < len(cells) else ""
        if cell != column.header and (not cell.strip() or tidy(cell) != column.header):
            misses -= 1
            if misses < 0:
                return False
    return True


def _best_header(rows: list[SourceRow], vocabulary: set[str]) -> int:
    best, best_score = 0, float("-inf")
    for index, row in enumerate(rows[:SEARCHED_ROWS]):
        score = _header_score(row, rows[index + 1 : index + 21], vocabulary) - index * 0.05
        if score > best_score:
            best, best_score = index, score
    return best


def _header_score(row: SourceRow, below: list[SourceRow], vocabulary: set[str]) -> float:
    """How much a row looks like a header: as wide as what follows, short distinct texts, known names."""
    cells = [(index, tidy(cell)) for index, cell in enumerate(row.cells) if cell.strip()]
    if not cells:
        return float("-inf")
    count = len(cells)
    widths = sorted(sum(1 for cell in other.cells if cell.strip()) for other in below) or [count]
    typical = widths[len(widths) * 3 // 4]
    texts = [text for _, text in cells if not _is_value(text)]
    known = sum(1 for text in texts if header_key(text) in vocabulary)
    contrast = sum(1 for index, text in cells if not _is_value(text) and _mostly_values(index, below))
    score = 2 * min(count / max(typical, 1), 1) + 2 * len(texts) / count + 4 * known / count
    score += len({text for _, text in cells}) / count + contrast / count
    if typical >= 3 and count < typical * 0.4:
        score -= 3  # a title, often merged over the whole width
    if not below:
        score -= 2
    return score


def _is_value(text: str) -> bool:
    return bool(len(text) > HEADER_LENGTH or NUMBER.match(text) or DATE.match(text))


def _mostly_values(index: int, below: list[SourceRow]) -> bool:
    cells = [row.cells[index] for row in below if index < len(row.cells) and row.cells[index].strip()]
    return bool(cells) and sum(1 for cell in cells if _is_value(tidy(cell))) * 2 > len(cells)


def _columns(header: SourceRow, below: list[SourceRow]) -> list[Column]:
    """Columns with a name or a value; equal names are numbered, nameless ones take their Excel letter."""
    width = max([len(header.cells), *(len(row.cells) for row in below)], default=0)
    seen: Counter[str] = Counter()
    columns = []
    for index in range(width):
        name = tidy(header.cells[index])[:200] if index < len(header.cells) else ""
        samples = []
        for row in below:
            if index < len(row.cells) and row.cells[index].strip() and len(samples) < 40:
                samples.append(tidy(row.cells[index])[:120])
        if not name and not samples:
            continue
        name = name or f"({column_letters(index)})"
        seen[name] += 1
        columns.append(Column(index, name if seen[name] == 1 else f"{name} ({seen[name]})", samples))
    return columns


def column_letters(index: int) -> str:
    """0 is A, 26 is AA, as Excel names its columns."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
