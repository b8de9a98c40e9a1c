"""Named periods: what days they stand for, whatever the day they are asked on."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.listing import periods

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
