"""Value tier of deal customers and buying intent of prospects: two fields that never merge."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from crm.core.money import q2

K = TypeVar("K")

TIERS = ("A", "B", "C", "D")
A_SHARE, B_SHARE = 70, 90  # per cent of cumulative revenue before the row
CADENCE_DAYS = {"A": 14, "B": 30, "C": 60, "D": 90}
INTENT_A_DAYS, INTENT_B_DAYS = 30, 90


def rank(revenues: Iterable[tuple[K, Decimal | int | str]]) -> dict[K, str]:
    """Tier by revenue of the last twelve months: A while less than 70 % lies before, B 90 %, else C; none is D.

    Integer arithmetic on cents; equal revenues keep their order.
    """
    rows = [(key, int(q2(amount) * 100)) for key, amount in revenues]
    total = sum(cents for _key, cents in rows if cents > 0)
    tiers: dict[K, str] = {}
    before = 0
    for key, cents in sorted(rows, key=lambda row: -row[1]):
        if cents <= 0:
            tiers[key] = "D"
        elif before * 100 < A_SHARE * total:
            tiers[key] = "A"
        elif before * 100 < B_SHARE * total:
            tiers[key] = "B"
        else:
            tiers[key] = "C"
        before += max(cents, 0)
    return tiers


def settle(current: str | None, computed: str, previous_computed: str | None) -> str:
    """The tier after a monthly run: up at once, down only when two runs in a row say so (to the better of both)."""
    if current is None or TIERS.index(computed) <= TIERS.index(current):
        return computed
    if previous_computed is None or TIERS.index(previous_computed) <= TIERS.index(current):
        return current
    return min(computed, previous_computed, key=TIERS.index)


def effective(
    computed: str | None, override: str | None, override_until: date | None, today: date
) -> str | None:
    """The tier that counts: a manual one until it runs out, then the computed one."""
    if override and override_until is not None and today <= override_until:
        return override
    return computed


def intent(expected_sign_date: date | None, today: date) -> str:
    """Buying intent of a prospect: A signs within 30 days, B within 90, C later, D unclear or already past."""
    if expected_sign_date is None or expected_sign_date < today:
        return "D"
    days = (expected_sign_date - today).days
    if days <= INTENT_A_DAYS:
        return "A"
    return "B" if days <= INTENT_B_DAYS else "C"


def cadence_days(tier: str | None) -> int:
    """How many days may pass between contacts."""
    return CADENCE_DAYS.get(tier or "D", CADENCE_DAYS["D"])
