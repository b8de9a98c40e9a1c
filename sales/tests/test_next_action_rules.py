"""What is recommended next, and in which order: each rule at its edges."""

import datetime
from decimal import Decimal

import pytest

from sales.rules import next_actions as rules
from sales.rules.next_actions import Action, best

TODAY = datetime.date(2026, 11, 22)


def after(days):
    return TODAY + datetime.timedelta(days)


@pytest.mark.parametrize(
    ("closes", "idle", "rot", "planned", "kind"),
    [
        (after(7), 0, 14, False, rules.CLOSE),
        (after(8), 0, 14, False, ""),
        (after(-3), 0, 14, False, rules.CLOSE),
        (after(7), 0, 14, True, ""),
        (after(30), 14, 14, True, ""),  # as long as the stage allows
        (after(30), 15, 14, True, rules.REVIVE),  # a plan does not move a deal
        (after(30), 99, None, False, ""),
        (None, 15, 14, False, rules.REVIVE),
    ],
)
def test_deals(closes, idle, rot, planned, kind):
    assert rules.for_deal(today=TODAY, closes=closes, idle=idle, rot_days=rot, planned=planned) == kind


@pytest.mark.parametrize(
    ("until", "seen", "kind"),
    [
        (after(3), None, rules.EXTEND),
        (after(0), 0, rules.EXTEND),
        (after(4), None, ""),
        (after(20), 3, rules.ASK),
        (after(20), 4, ""),
        (after(-1), None, ""),
    ],
)
def test_quotes(until, seen, kind):
    assert rules.for_quote(today=TODAY, valid_until=until, seen_days=seen) == kind


def test_leads_contracts_and_debts():
    cold = {"touched": False, "planned": False}
    assert rules.for_lead(asked_days=0, score=Decimal(3), **cold) == rules.TAKE_UP
    assert rules.for_lead(asked_days=None, score=Decimal(60), **cold) == rules.TAKE_UP
    assert rules.for_lead(asked_days=None, score=Decimal("59.99"), **cold) == ""
    assert rules.for_lead(asked_days=0, score=Decimal(90), touched=True, planned=False) == ""
    assert rules.for_contract(today=TODAY, ends=after(30), has_open_deal=False) == rules.RENEW
    assert rules.for_contract(today=TODAY, ends=after(31), has_open_deal=False) == ""
    assert rules.for_contract(today=TODAY, ends=after(5), has_open_deal=True) == ""
    assert rules.for_debt(today=TODAY, due=after(-1), open_amount=Decimal(1)) == rules.COLLECT
    assert rules.for_debt(today=TODAY, due=TODAY, open_amount=Decimal(1)) == ""
    assert rules.for_debt(today=TODAY, due=after(-9), open_amount=Decimal(0)) == ""


def test_who_waits_comes_first_then_what_is_at_stake_one_for_each_customer():
    actions = [
        Action(rules.REVIVE, 1, "customer:1", 20, Decimal(900)),
        Action(rules.COLLECT, 2, "customer:1", 5, Decimal(100)),
        Action(rules.CLOSE, 3, "customer:2", 1, Decimal(5000)),
        Action(rules.ANSWER, 4, "customer:3", 0, waits=True),
        Action(rules.TAKE_UP, 5, "lead:9", 2, waits=True),
        Action(rules.TAKE_UP, 6, "lead:8", 9),
    ]
    assert [one.name for one in best(actions, 9)] == [
        "answer:4",
        "take_up:5",
        "close:3",
        "revive:1",
        "take_up:6",
    ]
    assert len(best(actions, 2)) == 2
