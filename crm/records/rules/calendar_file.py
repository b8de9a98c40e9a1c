"""The yearly list of holidays and make-up days, as an administrator has it in a table."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.core.text import fold, tidy
from crm.records.rules.calendar import HOLIDAY, MAKEUP, CalendarError, parse_hours, write_hours

COLUMNS = {
    "from": ("from", "date", "start", "first day", "日期", "开始", "开始日期", "放假日期"),
    "to": ("to", "end", "last day", "结束", "结束日期", "至"),
    "kind": ("kind", "type", "类型", "类别"),
    "name": ("name", "holiday", "名称", "节日", "假日", "节日名称"),
    "name_en": ("name_en", "english name", "英文名", "英文名称"),
    "hours": ("hours", "working hours", "工作时间", "时间"),
}
KINDS = {
    HOLIDAY: ("holiday", "off", "放假", "休", "休息", "假日", "节假日"),
    MAKEUP: ("makeup", "make-up", "workday", "上班", "调休", "调休上班", "补班", "班", "工作日"),
}
LONGEST_DAYS = 31


@dataclass(frozen=True)
class DayRow:
    """One exception as it will be stored."""

    date: date
    kind: str
    name: str = ""
    name_en: str = ""
    hours: str = ""


class RowError(ValueError):
    """A line that cannot be understood: its number in the file (1 = header), the column and a code."""

    def __init__(self, line: int, column: str, code: str):
        super().__init__(f"{line}/{column}: {code}")
        self.line, self.column, self.code = line, column, code


def read_rows(table: Sequence[Sequence[object]]) -> list[DayRow]:
    """Every day of a table with a header; spans (from, to) are taken apart; raises RowError."""
    if not table:
        raise RowError(1, "from", "empty")
    places = _places(table[0])
    for required in ("from", "kind"):
        if required not in places:
            raise RowError(1, required, "column_missing")
    days: dict[date, DayRow] = {}
    for line, cells in enumerate(table[1:], start=2):
        values = {key: cells[place] if place < len(cells) else None for key, place in places.items()}
        if not any(tidy(value) for value in values.values()):
            continue
        for day in _days(line, values):
            if day.date in days:
                raise RowError(line, "from", "twice")
            days[day.date] = day
    if not days:
        raise RowError(2, "from", "empty")
    return [days[key] for key in sorted(days)]


def _places(header: Iterable[object]) -> dict[str, int]:
    names = {alias: key for key, aliases in COLUMNS.items() for alias in aliases}
    places: dict[str, int] = {}
    for place, cell in enumerate(header):
        key = names.get(fold(cell))
        if key is not None:
            places.setdefault(key, place)
    return places


def _days(line: int, values: dict[str, object]) -> Iterator[DayRow]:
    first = _date(line, "from", values["from"])
    last = _date(line, "to", values["to"]) if tidy(values.get("to")) else first
    if last < first or (last - first).days >= LONGEST_DAYS:
        raise RowError(line, "to", "span")
    kinds = {alias: kind for kind, aliases in KINDS.items() for alias in aliases}
    kind = kinds.get(fold(values["kind"]))
    if kind is None:
        raise RowError(line, "kind", "kind")
    try:
        hours = write_hours(parse_hours(tidy(values.get("hours"))))
    except CalendarError as error:
        raise RowError(line, "hours", "hours") from error
    for offset in range((last - first).days + 1):
        yield DayRow(
            date=first + timedelta(days=offset),
            kind=kind,
            name=tidy(values.get("name"))[:60],
            name_en=tidy(values.get("name_en"))[:60],
            hours=hours if kind == MAKEUP else "",
        )


def _date(line: int, column: str, value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = tidy(value)
    found = re.fullmatch(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00.*)?", text)
    found = found or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    try:
        return date(*map(int, found.groups())) if found else _raise(line, column)
    except ValueError as error:
        raise RowError(line, column, "date") from error


def _raise(line: int, column: str) -> date:
    raise RowError(line, column, "date")
