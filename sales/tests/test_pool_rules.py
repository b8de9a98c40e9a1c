from datetime import date, timedelta

import pytest

from crm.records.rules.calendar import Calendar, Interval
from sales.rules import pool

WEEK = Calendar({day: (Interval(540, 1080),) for day in range(5)})


def test_the_previous_owner_waits_out_the_cool_down():
    assert pool.reclaim_from(date(2026, 3, 25)) == date(2026, 4, 24)


@pytest.mark.parametrize("calendar", [None, WEEK], ids=["calendar days", "working days"])
@pytest.mark.parametrize("days", [1, 5, 15])
def test_what_is_due_on_a_day_counts_from_the_latest_base_or_before(calendar, days):
    for number in range(14):
        today = date(2026, 11, 16) + timedelta(number)
        latest = pool.latest_base(today, days, calendar=calendar)
        assert pool.due_on(latest, days, calendar=calendar) <= today
        assert pool.due_on(latest + timedelta(1), days, calendar=calendar) > today


def test_working_days():
    assert pool.due_on(date(2026, 11, 20), 5, calendar=WEEK) == date(2026, 11, 27)


def test_deal_customers_are_not_counted_in_the_holding():
    assert pool.free_claims(holding=198, cap=200) == 2
    assert pool.free_claims(holding=0, today=9) == 1
    assert pool.free_claims(holding=205) == 0


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, ""),
        ({"left_by_cap": 0}, pool.CAP),
        ({"left_today": 0}, pool.LIMIT_A_DAY),
        ({"released_on": date(2026, 3, 25)}, pool.COOLING),
        ({"released_on": date(2026, 3, 24)}, ""),
        ({"own_claims": [date(2026, 1, 1), date(2026, 2, 1)]}, pool.CLAIMED_OFTEN),
        ({"own_claims": [date(2025, 10, 25), date(2026, 2, 1)]}, ""),
    ],
)
def test_why_a_claim_is_refused(facts, reason):
    defaults = {"left_today": 5, "left_by_cap": 5}
    assert pool.claim_refusal(date(2026, 4, 23), **(defaults | facts)) == reason
