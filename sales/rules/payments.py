"""Money that comes in by instalments: what each has received, what is overdue, and how old the debt is (回款).

Only confirmed receipts count; refunds are negative. Days are company dates.
"""

from calendar import monthrange
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

UNPAID, PARTIAL, PAID = "unpaid", "partial", "paid"
BUCKETS = ((30, "1-30"), (60, "31-60"), (90, "61-90"))  # the age of a debt (账龄), up to so many days
OLDEST_BUCKET = ">90"
REMIND_ON = (-7, -3, 0, 1, 7, 30)  # days from the due date
LEADERS_HEAR, WATCHERS_HEAR = 7, 30  # from so many days on who leads the team, and finance, hear of it too


@dataclass(frozen=True)
class Instalment:
    """What is due on a day (回款计划)."""

    key: Hashable
    due: date
    amount: Decimal


@dataclass(frozen=True)
class Settled:
    """An instalment with what has been received for it, as a day sees it; what is not sold is not owed."""

    due: date
    amount: Decimal
    received: Decimal
    today: date
    owed: bool = True

    @property
    def outstanding(self) -> Decimal:
        return self.amount - self.received

    @property
    def status(self) -> str:
        if self.received >= self.amount:
            return PAID
        return PARTIAL if self.received > 0 else UNPAID

    @property
    def days_overdue(self) -> int:
        """Days past its due date while something is open, otherwise none."""
        return max(0, (self.today - self.due).days) if self.owed and self.outstanding > 0 else 0


def allocate(plan: Iterable[Instalment], received: Decimal) -> dict[Hashable, Decimal]:
    """Spread what has come in over the instalments, the oldest due date first; too much stays with none of them."""
    left, parts = max(received, Decimal(0)), {}
    for one in sorted(plan, key=lambda one: one.due):
        parts[one.key] = min(left, one.amount)
        left -= parts[one.key]
    return parts


def split(amount: Decimal, parts: int, first: date, months: int = 1) -> list[tuple[date, Decimal]]:
    """Equal instalments every so many months from the first day on; what does not divide to the cent goes to the last.

    A month without that day has its last day instead.
    """
    each = (amount / parts).quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    amounts = [each] * (parts - 1) + [amount - each * (parts - 1)]
    return [(_months_on(first, months * step), one) for step, one in enumerate(amounts)]


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def receipt_rate(confirmed: Decimal, contract: Decimal) -> Decimal | None:
    """回款率: confirmed over the contract's amount, a fraction; None for a contract over nothing."""
    return confirmed / contract if contract else None


def fitted(plan: Iterable[Instalment], amount: Decimal) -> dict[Hashable, Decimal]:
    """What instalments become when a contract is worth less than they ask for together: the latest give way first.

    The amounts of those that change, by key; nothing is left of one that is not needed any more.
    """
    rows = sorted(plan, key=lambda one: one.due, reverse=True)
    over = sum((one.amount for one in rows), Decimal(0)) - amount
    changed: dict[Hashable, Decimal] = {}
    for one in rows:
        if over <= 0:
            break
        cut = min(over, one.amount)
        changed[one.key], over = one.amount - cut, over - cut
    return changed


def health(on_time: Decimal, worst_days: int) -> Decimal:
    """回款 as a part of a customer's health, 0–100: half the share paid in time, half how long the worst is overdue."""
    return on_time * 50 + Decimal(max(0, 100 - 2 * worst_days)) / 2


def reminder_windows(today: date) -> list[tuple[int, date | None, date]]:
    """For each day of speaking of an instalment, which due dates stand there now: (days, from, to).

    An instalment stands at the last of its days that has come, until the next one comes: so a day on which nothing ran
    is caught up with, and one that was missed altogether is told of by the next.
    """
    ends = [*REMIND_ON[1:], None]
    return [
        (
            days,
            today - timedelta(days=until - 1) if until is not None else None,
            today - timedelta(days=days),
        )
        for days, until in zip(REMIND_ON, ends, strict=True)
    ]
