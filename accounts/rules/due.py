"""When something is due, late, and brought to attention. Pure: the clock is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm.records.rules.calendar import Calendar, escalation, workday_on_or_after

DAY_BEGINS = time(9)  # a date without a time is brought up at 09:00
BEFORE_TIMED = timedelta(minutes=30)

# How a follow-up is put off without picking a date.
LATER_TODAY, TOMORROW, NEXT_MONDAY = "today", "tomorrow", "monday"


def company_zone() -> ZoneInfo:
    """The zone the business rules follow."""
    from django.conf import settings

    return ZoneInfo(settings.TIME_ZONE)


def at_day(day: date, zone: ZoneInfo | None = None) -> datetime:
    """How an all-day due date is kept: 09:00 of that day in the company's zone."""
    return datetime.combine(day, DAY_BEGINS, zone or company_zone())


def due_date(due_at: datetime, all_day: bool, zone: ZoneInfo | None = None) -> date:
    """The day something is due in the company's zone."""
    return due_at.astimezone(zone or company_zone()).date()


def is_overdue(due_at: datetime, all_day: bool, now: datetime, zone: ZoneInfo | None = None) -> bool:
    """A time is late once it has passed, a date once the day is over."""
    if all_day:
        zone = zone or company_zone()
        return due_date(due_at, True, zone) < now.astimezone(zone).date()
    return due_at < now


@dataclass(frozen=True)
class Occasions:
    """When the owner, and at last the manager, hears of a planned follow-up; None where the moment lies behind already."""

    due: datetime | None
    overdue: datetime | None
    manager: datetime | None


def occasions(due_at: datetime, all_day: bool, now: datetime, calendar: Calendar) -> Occasions:
    """Half an hour before a time, 09:00 on a date; not done: 09:00 one working day later, the manager after three.

    What is planned less than half an hour ahead is brought up when it is due.
    """
    zone = company_zone()
    first = due_at if all_day else due_at - BEFORE_TIMED
    if not all_day and first <= now:
        first = due_at
    late = escalation(calendar, due_date(due_at, all_day, zone))
    moments = (first, at_day(late.owner_again, zone), at_day(late.manager, zone))
    return Occasions(*(moment if moment > now else None for moment in moments))


def put_off(choice: str, now: datetime, calendar: Calendar | None = None) -> datetime:
    """The moment a choice of the snooze menu stands for: 15:00 today, 09:00 tomorrow, 09:00 next Monday.

    After 14:30 "today" means an hour and a half from now, on the full half hour. With a calendar the other two give
    way to the first day after them on which people work.
    """
    zone = company_zone()
    local = now.astimezone(zone)
    if choice == LATER_TODAY:
        wanted = datetime.combine(local.date(), time(15), zone)
        if wanted - local >= timedelta(minutes=30):
            return wanted
        later = local + timedelta(minutes=90)
        return later.replace(minute=0 if later.minute < 30 else 30, second=0, microsecond=0)
    days = {TOMORROW: 1, NEXT_MONDAY: 7 - local.weekday()}
    if choice not in days:
        raise ValueError(choice)
    day = local.date() + timedelta(days=days[choice])
    return at_day(workday_on_or_after(calendar, day) if calendar else day, zone)


def later(now: datetime, calendar: Calendar) -> list[tuple[str, datetime]]:
    """The choices of the snooze menu with their moments, nearest first; of two on one day the named weekday stays."""
    moments = {put_off(choice, now, calendar): choice for choice in (LATER_TODAY, TOMORROW, NEXT_MONDAY)}
    return [(choice, moment) for moment, choice in sorted(moments.items())]
