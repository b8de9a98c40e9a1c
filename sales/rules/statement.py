"""Statements of account (对账单): what was charged and what came in, day by day, with the balance after each line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Entry:
    """Something that changes what is owed: a contract charges, a receipt pays (negative: went back)."""

    day: date
    number: str
    what: str
    charged: Decimal = ZERO
    received: Decimal = ZERO


@dataclass(frozen=True)
class Line:
    """An entry with what is owed after it."""

    entry: Entry
    balance: Decimal


@dataclass(frozen=True)
class Account:
    """What was owed before the first day, the entries of the days asked for, and what is owed after the last."""

    opening: Decimal
    lines: tuple[Line, ...]

    @property
    def charged(self) -> Decimal:
        return sum((one.entry.charged for one in self.lines), ZERO)

    @property
    def received(self) -> Decimal:
        return sum((one.entry.received for one in self.lines), ZERO)

    @property
    def closing(self) -> Decimal:
        return self.lines[-1].balance if self.lines else self.opening


def account(entries: Iterable[Entry], first: date, last: date) -> Account:
    """The account of some days, both included; on one day what was charged stands before what came in."""
    rows = sorted(entries, key=lambda one: (one.day, not one.charged, one.number))
    balance = opening = sum((one.charged - one.received for one in rows if one.day < first), ZERO)
    lines = []
    for one in rows:
        if first <= one.day <= last:
            balance += one.charged - one.received
            lines.append(Line(one, balance))
    return Account(opening, tuple(lines))
