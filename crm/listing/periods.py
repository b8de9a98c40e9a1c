"""Named stretches of days ("next_14", "last_30", "this_month") that filters and saved views speak of.

They are kept by name, not as dates, so that a saved view means the same tomorrow.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext, ngettext

from crm.records.queries import business_calendar
from crm.records.rules.calendar import Calendar, add_working_days

NAMES = (
    "overdue", "today", "yesterday", "tomorrow", "this_week", "next_week", "last_week", "this_month", "last_month",
    "next_month", "this_quarter", "this_year", "next_7", "next_14", "next_30", "last_7", "last_30", "last_90",
    "older_7", "older_14", "older_30", "older_90", "none", "any",
)  # fmt: skip
COUNTED = re.compile(r"(next|last|older)_(\d{1,4})")
WORKDAYS = re.compile(r"(next|last)_(\d{1,3})_workdays")


@dataclass(frozen=True)
class Days:
    """A stretch of whole days, open where a side is missing; `absent` also admits rows without a date."""

    first: date | None = None
    last: date | None = None
    absent: bool = False


def known(name: str) -> bool:
    return name in NAMES or any(form.fullmatch(name) for form in (COUNTED, WORKDAYS))


def days_of(name: str, today: date, calendar: Callable[[], Calendar] = business_calendar) -> Days:
    """The days a name stands for, seen from today. `older_14` admits what never happened at all.

    Working days are those of the calendar, which is asked for only where a name speaks of them.
    """
    if match := WORKDAYS.fullmatch(name):
        count = int(match[2])
        if match[1] == "next":
            return Days(today, add_working_days(calendar(), today, count))
        return Days(add_working_days(calendar(), today, -count), today)
    if match := COUNTED.fullmatch(name):
        kind, count = match[1], int(match[2])
        if kind == "next":
            return Days(today, today + timedelta(count))
        if kind == "last":
            return Days(today - timedelta(count), today)
        return Days(None, today - timedelta(count + 1), absent=True)
    monday = today - timedelta(today.weekday())
    month = today.replace(day=1)
    match name:
        case "overdue":
            return Days(None, today - timedelta(1))
        case "today":
            return Days(today, today)
        case "yesterday":
            return Days(today - timedelta(1), today - timedelta(1))
        case "tomorrow":
            return Days(today + timedelta(1), today + timedelta(1))
        case "this_week":
            return Days(monday, monday + timedelta(6))
        case "next_week":
            return Days(monday + timedelta(7), monday + timedelta(13))
        case "last_week":
            return Days(monday - timedelta(7), monday - timedelta(1))
        case "this_month":
            return Days(month, _months_on(month, 1) - timedelta(1))
        case "next_month":
            return Days(_months_on(month, 1), _months_on(month, 2) - timedelta(1))
        case "last_month":
            return Days(_months_on(month, -1), month - timedelta(1))
        case "this_quarter":
            start = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
            return Days(start, _months_on(start, 3) - timedelta(1))
        case "this_year":
            return Days(date(today.year, 1, 1), date(today.year, 12, 31))
    raise ValueError(name)


def label(name: str) -> str:
    """The name as people read it."""
    if match := WORKDAYS.fullmatch(name):
        count = int(match[2])
        if match[1] == "next":
            return ngettext("Next %(count)d working day", "Next %(count)d working days", count) % {
                "count": count
            }
        return ngettext("Last %(count)d working day", "Last %(count)d working days", count) % {"count": count}
    if match := COUNTED.fullmatch(name):
        count = int(match[2])
        if match[1] == "next":
            return ngettext("Next %(count)d day", "Next %(count)d days", count) % {"count": count}
        if match[1] == "last":
            return ngettext("Last %(count)d day", "Last %(count)d days", count) % {"count": count}
        return ngettext("Not for %(count)d day", "Not for %(count)d days", count) % {"count": count}
    return {
        "overdue": gettext("Overdue"),
        "today": gettext("Today"),
        "yesterday": gettext("Yesterday"),
        "tomorrow": gettext("Tomorrow"),
        "this_week": gettext("This week"),
        "next_week": gettext("Next week"),
        "last_week": gettext("Last week"),
        "this_month": gettext("This month"),
        "last_month": gettext("Last month"),
        "next_month": gettext("Next month"),
        "this_quarter": gettext("This quarter"),
        "this_year": gettext("This year"),
        "none": gettext("No date"),
        "any": gettext("Any date"),
    }[name]


def _months_on(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
