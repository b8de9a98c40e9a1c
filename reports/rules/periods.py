"""Calendar months, quarters and years: the periods that targets, forecasts and reports speak of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MONTH, QUARTER, YEAR = "month", "quarter", "year"
MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}
_NAMED = re.compile(r"(last|this|next)_(month|quarter|year)")
_WRITTEN = re.compile(r"(\d{4})(?:-?(?:Q([1-4])|(0[1-9]|1[0-2])))?")


@dataclass(frozen=True, order=True)
class Period:
    """A calendar month, quarter or year."""

    first: date
    kind: str

    @property
    def last(self) -> date:
        return months_on(self.first, MONTHS[self.kind]) - timedelta(1)

    @property
    def key(self) -> str:
        """How addresses and the API write it: 2026-11, 2026Q4, 2026."""
        if self.kind == MONTH:
            return f"{self.first:%Y-%m}"
        return (
            f"{self.first.year}Q{(self.first.month + 2) // 3}"
            if self.kind == QUARTER
            else f"{self.first.year}"
        )

    def on(self, steps: int) -> "Period":
        """The period so many further on, or back."""
        return Period(months_on(self.first, steps * MONTHS[self.kind]), self.kind)

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    def parts(self, kind: str) -> Iterator["Period"]:
        """The shorter periods it is made of."""
        one = Period(self.first, kind)
        while one.first <= self.last:
            yield one
            one = one.on(1)


def period_of(day: date, kind: str) -> Period:
    """The period of a kind in which a day lies."""
    length = MONTHS[kind]
    return Period(date(day.year, (day.month - 1) // length * length + 1, 1), kind)


def parse_period(text: str, today: date) -> Period | None:
    """A period as addresses write it (`this_quarter`, `2026Q4`, `2026-11`, `2026`); None for anything else."""
    if match := _NAMED.fullmatch(text):
        return period_of(today, match[2]).on({"last": -1, "this": 0, "next": 1}[match[1]])
    match = _WRITTEN.fullmatch(text)
    if not match or not 1900 < int(match[1]) < 2200:
        return None
    year = int(match[1])
    if match[2]:
        return Period(date(year, int(match[2]) * 3 - 2, 1), QUARTER)
    return Period(date(year, int(match[3]), 1), MONTH) if match[3] else Period(date(year, 1, 1), YEAR)


def months_on(first: date, months: int) -> date:
    """The first day of the month so many months on, or back."""
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
