from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rules import tiers


def test_the_worked_example():
    revenue = [500, 200, 120, 90, 60, 30, 0]
    ranked = tiers.rank((n, Decimal(amount)) for n, amount in enumerate(revenue))
    assert "".join(ranked[n] for n in range(7)) == "AABBCCD"


def test_down_only_after_two_runs():
    assert tiers.settle("B", "A", None) == "A"
    assert tiers.settle("A", "C", "A") == "A"
    assert tiers.settle("A", "C", "B") == "B"
    assert tiers.settle(None, "D", None) == "D"


def test_a_manual_tier_runs_out():
    today = date(2026, 11, 22)
    assert tiers.effective("C", "A", date(2026, 11, 22), today) == "A"
    assert tiers.effective("C", "A", date(2026, 11, 21), today) == "C"
    assert tiers.effective("C", None, None, today) == "C"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 12, 22), "A"),
        (date(2026, 12, 23), "B"),
        (date(2027, 2, 20), "B"),
        (date(2027, 2, 21), "C"),
        (date(2026, 11, 21), "D"),
        (None, "D"),
    ],
)
def test_intent(day, expected):
    assert tiers.intent(day, date(2026, 11, 22)) == expected


@given(st.lists(st.decimals(0, 10**9, places=2), max_size=30))
def test_more_revenue_never_means_a_lower_tier(amounts):
    ranked = tiers.rank(enumerate(amounts))
    ordered = sorted(range(len(amounts)), key=lambda n: -amounts[n])
    assert [ranked[n] for n in ordered] == sorted(ranked[n] for n in ordered)
    assert all((ranked[n] == "D") == (amounts[n] == 0) for n in ranked)
