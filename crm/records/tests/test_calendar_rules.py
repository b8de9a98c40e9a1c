import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.records.rules import calendar as rules
from crm.records.rules.calendar import Calendar, DatedException, add_business_time, parse_hours

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = parse_hours("09:00-12:00, 13:00-18:00")


def _official_days():
    path = Path(rules.__file__).parent.parent / "data" / "days_2026.csv"
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        day, last = date.fromisoformat(row["from"]), date.fromisoformat(row["to"])
        while day <= last:
            yield day, DatedException(row["kind"], name=row["name"], name_en=row["name_en"])
            day += timedelta(days=1)


COMPANY = Calendar(weekly=dict.fromkeys(range(5), HOURS), exceptions=dict(_official_days()))
WITHOUT_MAKEUP = Calendar(
    weekly=COMPANY.weekly, exceptions={d: e for d, e in COMPANY.exceptions.items() if e.kind == "holiday"}
)


def at(month, day, hour, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def due(start, hours, calendar=COMPANY, pauses=()):
    return add_business_time(calendar, start, timedelta(hours=hours), pauses)


def test_over_a_weekend_with_a_make_up_day():
    created = at(9, 18, 17)
    assert due(created, 4) == at(9, 20, 12)
    assert due(created, 4, WITHOUT_MAKEUP) == at(9, 21, 12)
    assert due(created, 4 * 0.8) == at(9, 20, 11, 12)
    assert due(created, 4 * 1.5) == at(9, 20, 15)
    assert due(created, 16) == at(9, 21, 17)


def test_a_pause_moves_the_end_by_its_working_time():
    pause = (at(9, 20, 10), at(9, 21, 10))
    assert rules.business_time_between(COMPANY, *pause) == timedelta(hours=8)
    assert due(at(9, 18, 17), 16, pauses=[pause]) == at(9, 22, 17)


def test_over_the_national_holiday():
    assert due(at(9, 30, 17, 30), 4) == at(10, 8, 13, 30)
    assert due(at(10, 9, 17), 2) == at(10, 10, 10)


def test_the_end_of_a_day_is_still_that_day():
    assert due(at(10, 9, 16), 2) == at(10, 9, 18)
    assert due(at(9, 19, 10), 1) == at(9, 20, 10)


def test_the_clock_of_a_severe_complaint():
    created = at(9, 30, 16)
    assert due(created, 1) == at(9, 30, 17)
    assert due(created, 24) == at(10, 10, 16)


def test_an_overdue_follow_up_goes_to_the_owner_then_to_the_manager():
    escalation = rules.escalation(COMPANY, date(2026, 9, 18))
    assert (escalation.owner_again, escalation.manager) == (date(2026, 9, 20), date(2026, 9, 22))


def test_every_official_day_of_2026():
    off = [day for day, exception in COMPANY.exceptions.items() if exception.kind == "holiday"]
    worked = [day for day, exception in COMPANY.exceptions.items() if exception.kind == "makeup"]
    assert len(off) == 3 + 9 + 3 + 5 + 3 + 3 + 7
    assert worked == [date(2026, m, d) for m, d in [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]]
    assert all(day.weekday() >= 5 for day in worked)
    assert not any(rules.is_workday(COMPANY, day) for day in off)
    assert all(rules.is_workday(COMPANY, day) for day in worked)
    assert COMPANY.covers(2026) and not COMPANY.covers(2027)


def test_working_days_are_counted_both_ways():
    assert rules.add_working_days(COMPANY, date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert rules.add_working_days(COMPANY, date(2026, 10, 8), -1) == date(2026, 9, 30)
    assert rules.next_workday(COMPANY, date(2026, 9, 18)) == date(2026, 9, 20)
    assert rules.working_days_between(COMPANY, date(2026, 9, 18), date(2026, 9, 22)) == 3
    assert rules.working_days_between(COMPANY, date(2026, 9, 22), date(2026, 9, 18)) == -3


@pytest.mark.parametrize(
    "text", ["9:00-8:00", "09:00-12:00, 11:00-13:00", "nine to five", "25:00-26:00", "9:75-10"]
)
def test_hours_nobody_can_read(text):
    with pytest.raises(rules.CalendarError):
        parse_hours(text)


def test_hours_are_written_as_they_are_read():
    assert rules.write_hours(parse_hours("13-18； 9:00–12:00")) == "09:00-12:00, 13:00-18:00"
    assert parse_hours("0:00-24:00") == (rules.Interval(0, 1440),)
    assert parse_hours("") == ()


def test_a_calendar_in_which_nobody_works():
    nobody = Calendar(weekly={})
    with pytest.raises(rules.CalendarError):
        rules.next_workday(nobody, date(2026, 1, 1))
    with pytest.raises(rules.CalendarError):
        due(at(1, 1, 9), 1, nobody)


moments = st.integers(0, 330 * 24 * 60).map(lambda minutes: at(1, 1, 0) + timedelta(minutes=minutes))
amounts = st.integers(1, 60 * 60).map(lambda minutes: timedelta(minutes=minutes))


@given(moments, amounts)
def test_the_due_moment_is_the_earliest_at_which_the_time_has_passed(start, amount):
    end = add_business_time(COMPANY, start, amount)
    assert rules.business_time_between(COMPANY, start, end) == amount
    assert rules.business_time_between(COMPANY, start, end - timedelta(seconds=1)) < amount


@given(moments, amounts, amounts)
def test_waiting_twice_is_waiting_the_sum(start, one, other):
    twice = add_business_time(COMPANY, add_business_time(COMPANY, start, one), other)
    assert twice == add_business_time(COMPANY, start, one + other)


@given(st.dates(date(2026, 1, 1), date(2026, 11, 1)), st.integers(1, 30))
def test_adding_and_subtracting_working_days(day, count):
    end = rules.add_working_days(COMPANY, day, count)
    assert rules.working_days_between(COMPANY, day, end) == count
    assert rules.is_workday(COMPANY, end)
