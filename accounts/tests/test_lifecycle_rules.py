from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules import lifecycle
from accounts.rules.lifecycle import Facts, evaluate

ORDERS = (date(2026, 5, 1), date(2026, 6, 10), date(2026, 7, 10), date(2026, 8, 29))


def stage_on(day, **facts):
    return evaluate(Facts(today=day, **{"stage": "repeat", "order_dates": ORDERS, **facts})).stage


def test_the_worked_example_of_a_rhythm():
    assert lifecycle.ordering_rhythm(ORDERS) == 40
    assert lifecycle.thresholds(ORDERS) == lifecycle.Thresholds(at_risk=60, churned=120)
    assert stage_on(date(2026, 10, 28)) == "repeat"
    assert stage_on(date(2026, 10, 29)) == "at_risk"
    assert stage_on(date(2026, 12, 27)) == "at_risk"
    assert stage_on(date(2026, 12, 28)) == "churned"


def test_without_three_orders_the_default_thresholds_hold():
    orders = (date(2026, 1, 1), date(2026, 1, 31))
    assert lifecycle.ordering_rhythm(orders) is None
    assert stage_on(orders[-1] + timedelta(days=180), order_dates=orders) == "repeat"
    assert stage_on(orders[-1] + timedelta(days=181), order_dates=orders) == "at_risk"
    assert stage_on(orders[-1] + timedelta(days=366), order_dates=orders) == "churned"


def test_frequent_buyers_are_not_given_up_within_days():
    weekly = tuple(date(2026, 1, 1) + timedelta(days=7 * n) for n in range(6))
    assert lifecycle.thresholds(weekly) == lifecycle.Thresholds(at_risk=45, churned=90)


@pytest.mark.parametrize(
    ("facts", "stage", "rule"),
    [
        ({"health_red_days": 7}, "at_risk", "health_red"),
        ({"receivable_overdue_days": 61}, "at_risk", "receivable_overdue"),
        ({"contract_end": date(2026, 10, 1)}, "at_risk", "renewal_missing"),
        ({"contract_end": date(2026, 10, 1), "renewal_open": True}, "repeat", "second_order"),
        ({"contract_end": date(2026, 7, 1)}, "churned", "contract_lapsed"),
        ({"health": Decimal(70)}, "loyal", "loyal"),
        ({"health": Decimal("69.9")}, "repeat", "second_order"),
        ({"health": Decimal(90), "open_severe_complaint": True}, "repeat", "second_order"),
    ],
)
def test_conditions_of_deal_customers(facts, stage, rule):
    verdict = evaluate(Facts(today=date(2026, 9, 10), stage="repeat", order_dates=ORDERS, **facts))
    assert (verdict.stage, verdict.rule) == (stage, rule)


def test_a_customer_at_risk_has_to_stay_calm_for_two_weeks():
    today = date(2026, 9, 20)
    assert stage_on(today, stage="at_risk", stage_since=date(2026, 9, 1)) == "at_risk"
    assert stage_on(today, stage="at_risk", calm_since=date(2026, 9, 10)) == "at_risk"
    assert stage_on(today, stage="at_risk", calm_since=date(2026, 9, 6)) == "repeat"
    assert stage_on(today, stage="at_risk", stage_since=date(2026, 8, 20)) == "repeat"


def test_a_lost_customer_returns_only_by_ordering_and_counts_as_won_back():
    lost = {"stage": "churned", "stage_since": date(2026, 9, 1)}
    assert evaluate(Facts(today=date(2026, 9, 5), order_dates=ORDERS, **lost)).stage == "churned"
    verdict = evaluate(Facts(today=date(2026, 9, 5), order_dates=(*ORDERS, date(2026, 9, 4)), **lost))
    assert (verdict.stage, verdict.won_back) == ("customer", True)
    later = Facts(
        today=date(2026, 9, 6),
        stage="customer",
        order_dates=(*ORDERS, date(2026, 9, 4)),
        reactivated_on=date(2026, 9, 4),
    )
    assert evaluate(later).stage == "customer"


@pytest.mark.parametrize(
    ("facts", "stage", "rule"),
    [
        ({}, "lead", "kept"),
        ({"score": Decimal("57.75"), "fit": 45}, "lead", "kept"),
        ({"score": Decimal("57.75"), "fit": 45, "hand_raised": True}, "mql", "hand_raised"),
        ({"score": 60, "fit": 25}, "mql", "score"),
        ({"score": 60, "fit": 24}, "lead", "kept"),
        ({"accepted_in_time": True, "two_way_contacts": 1, "bant_known": 3}, "sql", "qualified"),
        ({"accepted_in_time": True, "two_way_contacts": 1, "bant_known": 2}, "lead", "kept"),
        ({"open_opportunities": 1}, "opportunity", "open_opportunity"),
        ({"stage": "opportunity"}, "mql", "recycled"),
        ({"stage": "sql"}, "sql", "kept"),
    ],
)
def test_prospects(facts, stage, rule):
    verdict = evaluate(Facts(today=date(2026, 9, 1), **facts))
    assert (verdict.stage, verdict.rule) == (stage, rule)


def test_new_opportunities_leave_a_deal_customer_where_it_is():
    assert stage_on(date(2026, 9, 10), open_opportunities=3) == "repeat"


@pytest.mark.parametrize(
    ("stage", "to", "deal", "reason", "refused"),
    [
        ("lead", "sql", False, "Called us", ""),
        ("sql", "mql", False, "No budget", ""),
        ("sql", "mql", False, "  ", "reason"),
        ("lead", "lead", False, "x", "same"),
        ("lead", "customer", False, "x", "no_deal"),
        ("customer", "lead", True, "x", "deal_customer"),
        ("customer", "churned", True, "Closed down", ""),
        ("customer", "loyal", True, "x", "not_allowed"),
        ("lead", "customer", True, "Imported deal", ""),
    ],
)
def test_moves_by_hand(stage, to, deal, reason, refused):
    assert lifecycle.check_manual_move(stage, to, is_deal_customer=deal, reason=reason) == refused


days = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@given(
    st.builds(
        Facts,
        today=st.just(date(2027, 1, 1)),
        stage=st.sampled_from(lifecycle.PRECEDENCE),
        stage_since=st.none() | days,
        order_dates=st.lists(days, max_size=6).map(tuple),
        reactivated_on=st.none() | days,
        open_opportunities=st.integers(0, 2),
        score=st.integers(0, 100),
        fit=st.integers(0, 50),
        health=st.none() | st.decimals(0, 100, places=1),
        health_red_days=st.integers(0, 10),
        contract_end=st.none() | days,
        receivable_overdue_days=st.integers(0, 100),
        calm_since=st.none() | days,
    )
)
def test_every_set_of_facts_has_one_stage_and_deal_customers_stay_deal_customers(facts):
    verdict = evaluate(facts)
    assert verdict.stage in lifecycle.PRECEDENCE and verdict.rule
    if facts.order_dates or facts.stage in lifecycle.DEAL_STAGES:
        assert verdict.stage in lifecycle.DEAL_STAGES
    else:
        assert verdict.stage in lifecycle.PROSPECT_STAGES


@given(st.lists(days, min_size=1, max_size=8))
def test_a_customer_is_at_risk_before_it_is_lost(orders):
    limits = lifecycle.thresholds(orders)
    assert 45 <= limits.at_risk <= 180
    assert 90 <= limits.churned <= 365
    assert limits.at_risk < limits.churned
