"""When steps fall due, and how templates become words: the numbers of the make-up days of September 2026."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from crm.records.rules.calendar import Calendar, DatedException, parse_hours
from sales.rules.cadences import is_within, merge, next_moment, unknown_fields

ZONE = ZoneInfo("Asia/Shanghai")
WINDOW = (datetime.time(9), datetime.time(18))
CALENDAR = Calendar(
    weekly=dict.fromkeys(range(5), parse_hours("09:00-12:00, 13:00-18:00")),
    exceptions={
        datetime.date(2026, 9, 20): DatedException("makeup"),  # a Sunday that is worked
        datetime.date(2026, 9, 25): DatedException("holiday"),
    },
)


def at(day, hour, minute=0):
    return datetime.datetime(2026, 9, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("after", "days", "due"),
    [
        (at(17, 10, 30), 0, at(17, 10, 30)),  # within the hours: at once
        (at(17, 7), 0, at(17, 9)),
        (at(17, 18), 0, at(18, 9)),  # 18:00 is no longer within them
        (at(18, 19), 0, at(20, 9)),  # Friday evening, and Sunday is worked
        (at(19, 12), 0, at(20, 9)),
        (at(18, 15), 1, at(20, 15)),  # one working day on, at the same time of day
        (at(18, 15), 2, at(21, 15)),
        (at(24, 11), 1, at(28, 11)),  # over a holiday and a weekend
        (at(17, 20), 1, at(18, 9)),  # outside the hours: when they begin
    ],
)
def test_a_step_falls_due_after_working_days_within_the_hours(after, days, due):
    assert next_moment(after, days, WINDOW, CALENDAR) == due
    assert is_within(due, WINDOW, CALENDAR)


def test_nothing_happens_outside_the_hours():
    assert not is_within(at(17, 8, 59), WINDOW, CALENDAR)
    assert not is_within(at(17, 18), WINDOW, CALENDAR)
    assert not is_within(at(25, 10), WINDOW, CALENDAR)


def test_fields_are_filled_in_either_language_with_what_stands_there_else():
    values = {"name": "王芳", "company": ""}
    assert merge("{{姓名}}您好，{{ company | 贵司 }}的设备", values) == "王芳您好，贵司的设备"
    assert merge("Dear {{name|customer}}", {}) == "Dear customer"
    assert merge("{{ title }}", {}) == ""


def test_what_a_value_says_is_never_a_template():
    said = merge("{{name}}", {"name": "{{my_email}}", "my_email": "secret@example.com"})
    assert said == "{{my_email}}"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{{name}} {{姓名|你}}", []),
        ("{{password}}", ["password"]),
        ("{{name.customer.owner}}", ["name.customer.owner"]),
        ("{% load secrets %} {{name}}", []),  # only words: nothing reads it as anything else
        ("{{name", ["{{"]),
        ("{{name}}}}", ["}}"]),
    ],
)
def test_only_known_fields_may_be_named(text, wrong):
    assert unknown_fields(text) == wrong
