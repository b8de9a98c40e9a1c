"""The life of quotes, orders and contracts: which state follows which, when an end is announced, how a term is renewed."""

import calendar
import datetime

# What may follow in the life of an order; approval moves in_approval to approved or back.
MOVES: dict[str, tuple[str, ...]] = {
    "draft": ("in_approval", "approved", "voided"),
    "in_approval": ("approved", "rejected", "draft"),
    "rejected": ("draft", "in_approval", "approved", "voided"),
    "approved": ("effective", "draft", "expired", "voided"),
    "effective": ("fulfilling", "completed", "expired", "terminated", "draft", "voided"),
    "fulfilling": ("completed", "expired", "terminated", "draft", "voided"),
    "completed": ("voided",),
    "expired": ("voided",),
    "terminated": ("voided",),
    "voided": (),
}
REMIND_DAYS = (90, 60, 30)
QUOTE_VALID_DAYS = 30


def may_become(status: str, to: str) -> bool:
    """Whether an order in one state may come into another."""
    return to in MOVES.get(status, ())


def reminder_windows(today: datetime.date) -> list[tuple[int, datetime.date, datetime.date]]:
    """For each of 90, 60 and 30 days, which ends are that near and not yet nearer: (days, from, to)."""
    nearer = [*REMIND_DAYS[1:], -1]
    return [
        (days, today + datetime.timedelta(days=after + 1), today + datetime.timedelta(days=days))
        for days, after in zip(REMIND_DAYS, nearer, strict=True)
    ]


def renewed_term(start: datetime.date | None, end: datetime.date) -> tuple[datetime.date, datetime.date]:
    """The term that follows: it begins the day after the end and is as long, whole months where it was whole months."""
    begins = end + datetime.timedelta(days=1)
    if start is None:
        return begins, add_months(begins, 12) - datetime.timedelta(days=1)
    months = (begins.year - start.year) * 12 + begins.month - start.month
    if months and add_months(start, months) == begins:
        return begins, add_months(begins, months) - datetime.timedelta(days=1)
    return begins, begins + (end - start)


def add_months(day: datetime.date, months: int) -> datetime.date:
    """The same day so many months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
