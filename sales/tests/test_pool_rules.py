from datetime import date

import pytest

from crm.records.rules.calendar import Calendar, Interval
from sales.rules import pool
from sales.rules.pool import Standing

CLAIMED = date(2026, 3, 1)
WEEK = Calendar({day: (Interval(540, 1080),) for day in range(5)})


def test_the_worked_example():
    base = pool.base_date(CLAIMED, date(2026, 3, 10))
    assert pool.warn_on(base, 15) == (date(2026, 3, 22), date(2026, 3, 24))
    assert pool.due_on(base, 15) == date(2026, 3, 25)
    assert pool.reclaim_from(date(2026, 3, 25)) == date(2026, 4, 24)


def test_the_worked_example_without_a_follow_up():
    base = pool.base_date(CLAIMED, None)
    assert pool.warn_on(base, 15) == (date(2026, 3, 13), date(2026, 3, 15))
    assert pool.due_on(base, 15) == date(2026, 3, 16)


def test_an_extension_moves_the_base():
    assert pool.base_date(CLAIMED, date(2026, 3, 10), date(2026, 4, 1)) == date(2026, 4, 1)


def test_working_days():
    friday = date(2026, 11, 20)
    assert pool.due_on(friday, 5, calendar=WEEK) == date(2026, 11, 27)
    assert pool.warn_on(friday, 5, calendar=WEEK) == (date(2026, 11, 24), date(2026, 11, 26))


def test_a_short_rule_warns_only_where_there_is_time():
    assert pool.warn_on(CLAIMED, 3) == (date(2026, 3, 3),)
    assert pool.warn_on(CLAIMED, 1) == ()


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing(), ""),
        (Standing(deal=True), pool.DEAL),
        (Standing(locked=True), pool.LOCKED),
        (Standing(protected_until=date(2026, 3, 16)), pool.PROTECTED),
        (Standing(protected_until=date(2026, 3, 15)), ""),
        (Standing(opportunity=True), pool.OPPORTUNITY),
        (Standing(approval=True), pool.APPROVAL),
        (Standing(complaint=True), pool.COMPLAINT),
        (Standing(valued=True), pool.VALUED),
    ],
)
def test_what_exempts(standing, reason):
    assert pool.exemption(standing, date(2026, 3, 16)) == reason


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
