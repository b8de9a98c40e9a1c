"""Named periods: what days they stand for, whatever the day they are asked on."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.listing import periods
from crm.records.rules.calendar import Calendar, DatedException, parse_hours

TODAY = date(2026, 6, 10)  # a Wednesday


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", date(2026, 6, 10), date(2026, 6, 10)),
        ("yesterday", date(2026, 6, 9), date(2026, 6, 9)),
        ("overdue", None, date(2026, 6, 9)),
        ("this_week", date(2026, 6, 8), date(2026, 6, 14)),
        ("next_week", date(2026, 6, 15), date(2026, 6, 21)),
        ("last_week", date(2026, 6, 1), date(2026, 6, 7)),
        ("this_month", date(2026, 6, 1), date(2026, 6, 30)),
        ("last_month", date(2026, 5, 1), date(2026, 5, 31)),
        ("next_month", date(2026, 7, 1), date(2026, 7, 31)),
        ("this_quarter", date(2026, 4, 1), date(2026, 6, 30)),
        ("this_year", date(2026, 1, 1), date(2026, 12, 31)),
        ("next_14", date(2026, 6, 10), date(2026, 6, 24)),
        ("last_30", date(2026, 5, 11), date(2026, 6, 10)),
        ("older_14", None, date(2026, 5, 26)),
    ],
)
def test_days(name, first, last):
    assert periods.days_of(name, TODAY) == periods.Days(first, last, absent=name.startswith("older"))


@pytest.mark.parametrize(
    ("name", "today", "first", "last"),
    [
        (
            "next_3_workdays",
            date(2026, 9, 18),
            date(2026, 9, 18),
            date(2026, 9, 22),
        ),  # Sunday 20 is a make-up day
        ("next_5_workdays", date(2026, 9, 30), date(2026, 9, 30), date(2026, 10, 13)),
        ("last_2_workdays", date(2026, 9, 21), date(2026, 9, 18), date(2026, 9, 21)),
    ],
)
def test_working_days_leave_out_weekends_and_holidays(name, today, first, last):
    hours = parse_hours("09:00-18:00")
    rest = [date(2026, 10, day) for day in range(1, 8)]
    days = {one: DatedException("holiday", ()) for one in rest} | {
        one: DatedException("makeup", hours) for one in (date(2026, 9, 20), date(2026, 10, 10))
    }
    calendar = Calendar(dict.fromkeys(range(5), hours), days)
    assert periods.known(name) and periods.label(name)
    assert periods.days_of(name, today, lambda: calendar) == periods.Days(first, last)


def test_around_the_turn_of_the_year():
    assert periods.days_of("next_month", date(2026, 12, 31)).last == date(2027, 1, 31)
    assert periods.days_of("last_month", date(2026, 1, 1)).first == date(2025, 12, 1)


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.sampled_from([n for n in periods.NAMES if n not in ("none", "any")]),
)
def test_periods_are_whole_and_in_order(today, name):
    days = periods.days_of(name, today)
    assert days.first is None or days.last is None or days.first <= days.last
    assert periods.label(name)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 400))
def test_the_last_days_and_what_is_older_share_no_day(today, count):
    recent, older = periods.days_of(f"last_{count}", today), periods.days_of(f"older_{count}", today)
    assert older.last + timedelta(1) == recent.first


def test_what_is_no_period():
    for name in ("someday", "next_", "next_99999", "last_-1", "older_x", "", "NEXT_7"):
        assert not periods.known(name)
