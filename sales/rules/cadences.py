"""When steps of a cadence fall due, and how a template becomes the words of a mail. Pure: the clock is an argument."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time

from crm.records.rules.calendar import (
    Calendar,
    add_working_days,
    is_workday,
    next_workday,
    workday_on_or_after,
)

Window = tuple[time, time]  # from, until: the latter is not in it any more

# What a template may name, in the words of both languages. Nothing else is ever looked up.
FIELDS: dict[str, tuple[str, str]] = {
    "name": ("name", "姓名"),
    "title": ("title", "职位"),
    "company": ("company", "公司"),
    "industry": ("industry", "行业"),
    "region": ("region", "地区"),
    "my_name": ("my_name", "我的姓名"),
    "my_phone": ("my_phone", "我的电话"),
    "my_email": ("my_email", "我的邮箱"),
    "our_company": ("our_company", "我方公司"),
}
_BY_WORD = {word: field for field, words in FIELDS.items() for word in words}
_PLACE = re.compile(r"\{\{\s*([^{}|\n]{1,60}?)\s*(?:\|([^{}\n]{0,100}))?\}\}")


def next_moment(after: datetime, days: int, window: Window, calendar: Calendar) -> datetime:
    """When a step falls due: so many working days after the one before, at the same time of day within the window."""
    local = after.astimezone(calendar.zone)
    first, last = window
    if days:
        day = add_working_days(calendar, local.date(), days)
        return _at(day, local.time(), window, calendar)
    if not is_workday(calendar, local.date()):
        return _at(workday_on_or_after(calendar, local.date()), first, window, calendar)
    if local.time() >= last:
        return _at(next_workday(calendar, local.date()), first, window, calendar)
    return max(after, _at(local.date(), first, window, calendar))


def is_within(moment: datetime, window: Window, calendar: Calendar) -> bool:
    """Whether steps are carried out at this moment: on a working day, between the hours of the cadence."""
    local = moment.astimezone(calendar.zone)
    return is_workday(calendar, local.date()) and window[0] <= local.time() < window[1]


def _at(day: date, wanted: time, window: Window, calendar: Calendar) -> datetime:
    first, last = window
    clock = wanted if first <= wanted < last else first
    return datetime.combine(day, clock.replace(tzinfo=None), calendar.zone)


def fields_in(text: str) -> list[str]:
    """The words between double braces, as they were written."""
    return [found[1] for found in _PLACE.finditer(text)]


def unknown_fields(text: str) -> list[str]:
    """Those of them that name nothing, and braces that do not close."""
    wrong = [word for word in fields_in(text) if word not in _BY_WORD]
    rest = _PLACE.sub("", text)
    return wrong + [mark for mark in ("{{", "}}") if mark in rest]


def merge(text: str, values: Mapping[str, str]) -> str:
    """The template with its fields filled in, once: what a value says is never read as a template itself.

    `{{name|there}}` says "there" where there is no name.
    """

    def filled(found: re.Match[str]) -> str:
        field = _BY_WORD.get(found[1])
        value = values.get(field, "") if field else ""
        return value or (found[2] or "").strip()

    return _PLACE.sub(filled, text)
