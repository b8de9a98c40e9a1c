"""Suggestions for the next follow-up: tomorrow, in three working days, next Monday… never on days nobody works."""

import datetime
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from crm.core import formats
from crm.records.rules.calendar import (
    HOLIDAY,
    Calendar,
    add_working_days,
    is_workday,
    workday_on_or_after,
)

TOMORROW, IN_THREE_DAYS, NEXT_MONDAY, IN_TWO_WEEKS, IN_A_MONTH = (
    "tomorrow",
    "in_three_days",
    "next_monday",
    "in_two_weeks",
    "in_a_month",
)


@dataclass(frozen=True)
class Moved:
    """A working day, and if the wanted day was not one, which that was and why."""

    date: datetime.date
    wanted: datetime.date
    holiday: str = ""
    holiday_en: str = ""

    @property
    def is_moved(self) -> bool:
        return self.date != self.wanted

    @property
    def reason(self) -> str:
        """Why the date differs from the wanted one: ``10/1 是国庆节，顺延到 10/8``; empty if it does not."""
        if not self.is_moved:
            return ""
        values = {
            "wanted": _short(self.wanted),
            "date": _short(self.date),
            "holiday": self.holiday if formats.is_chinese() else self.holiday_en or self.holiday,
        }
        if values["holiday"]:
            return _("%(wanted)s is %(holiday)s, moved to %(date)s") % values
        return _("%(wanted)s is not a working day, moved to %(date)s") % values


@dataclass(frozen=True)
class Suggestion(Moved):
    """One chip: a key, the working day it stands for, and why that day."""

    key: str = ""

    @property
    def label(self) -> str:
        """The words of the chip; a day that had to be moved is not called by the name of the one it was moved from."""
        if self.is_moved and self.key in (TOMORROW, NEXT_MONDAY):
            return _("Next working day") if self.key == TOMORROW else _("Next week")
        return {
            TOMORROW: _("Tomorrow"),
            IN_THREE_DAYS: _("In 3 working days"),
            NEXT_MONDAY: _("Next Monday"),
            IN_TWO_WEEKS: _("In two weeks"),
            IN_A_MONTH: _("In a month"),
        }[self.key]

    def text(self, today: date) -> str:
        """What the chip says: the words and, where they leave it open, the day: 3 个工作日后 7/3 周五."""
        if self.is_moved:
            day = formats.day(self.date, today)
        elif self.key == TOMORROW:
            return self.label
        elif self.key == NEXT_MONDAY:
            day = _short(self.date)
        else:
            day = formats.day(self.date, today)
        return _("%(label)s %(day)s") % {"label": self.label, "day": day}


def _short(day: date) -> str:
    if formats.is_chinese():
        return f"{day.month}/{day.day}"
    return f"{formats.ENGLISH.months[day.month - 1]} {day.day}"


def on_working_day(calendar: Calendar, wanted: date) -> Moved:
    """The wanted day, or the next working one with the reason."""
    if is_workday(calendar, wanted):
        return Moved(wanted, wanted)
    holiday, holiday_en = _name(calendar, wanted)
    return Moved(workday_on_or_after(calendar, wanted), wanted, holiday, holiday_en)


def _name(calendar: Calendar, day: date) -> tuple[str, str]:
    exception = calendar.exceptions.get(day)
    if exception is None or exception.kind != HOLIDAY:
        return "", ""
    return exception.name, exception.name_en


def suggestions(calendar: Calendar, today: date) -> list[Suggestion]:
    """The chips for a day, nearest first; of two on the same date the one that was not moved, then the named weekday, stays."""
    wanted = {
        TOMORROW: today + timedelta(days=1),
        NEXT_MONDAY: today + timedelta(days=7 - today.weekday()),
        IN_THREE_DAYS: add_working_days(calendar, today, 3),
        IN_TWO_WEEKS: today + timedelta(days=14),
        IN_A_MONTH: _a_month_after(today),
    }
    found: dict[date, Suggestion] = {}
    for key, day in wanted.items():
        moved = on_working_day(calendar, day)
        chip = Suggestion(moved.date, moved.wanted, moved.holiday, moved.holiday_en, key=key)
        rival = found.get(chip.date)
        if rival is None or (rival.is_moved and not chip.is_moved):
            found[chip.date] = chip
    return [found[day] for day in sorted(found)]


def _a_month_after(day: date) -> date:
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
