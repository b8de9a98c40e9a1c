from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.rules import payments
from sales.rules.payments import Instalment, Settled, allocate

D = Decimal
TODAY = date(2026, 11, 22)
EARLIER = Instalment("earlier", date(2026, 9, 1), D(50_000))
SECOND = Instalment("second", date(2026, 10, 15), D(50_000))


def test_the_worked_example():
    assert allocate([SECOND, EARLIER], D(80_000)) == {"earlier": 50_000, "second": 30_000}
    first = Settled(EARLIER.due, EARLIER.amount, D(50_000), TODAY)
    second = Settled(SECOND.due, SECOND.amount, D(30_000), TODAY)
    assert (first.status, first.days_overdue) == (payments.PAID, 0)
    assert (second.status, second.outstanding, second.days_overdue) == (payments.PARTIAL, D(20_000), 38)
    assert payments.receipt_rate(D(80_000), D(200_000)) == D("0.4")


def test_a_refund_opens_the_latest_again():
    assert allocate([EARLIER, SECOND], D(80_000) - D(40_000)) == {"earlier": 40_000, "second": 0}


def test_due_today_is_not_overdue_and_what_is_not_sold_never():
    one = Settled(TODAY, D(10), D(0), TODAY)
    assert (one.status, one.days_overdue) == (payments.UNPAID, 0)
    assert Settled(date(2026, 1, 1), D(10), D(0), TODAY, owed=False).days_overdue == 0


@pytest.mark.parametrize(
    ("today", "days"),
    [("10-07", None), ("10-08", -7), ("10-11", -7), ("10-12", -3), ("10-15", 0), ("10-16", 1), ("10-21", 1),
     ("10-22", 7), ("11-13", 7), ("11-14", 30), ("12-24", 30)],
)  # fmt: skip
def test_on_which_days_an_instalment_is_spoken_of(today, days):
    due, windows = date(2026, 10, 15), payments.reminder_windows(date.fromisoformat(f"2026-{today}"))
    stands = [at for at, first, last in windows if due <= last and (first is None or due >= first)]
    assert stands == ([] if days is None else [days])


def test_a_contract_over_nothing_has_no_rate():
    assert payments.receipt_rate(D(0), D(0)) is None


instalments = st.lists(
    st.tuples(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.decimals("0.01", 10**6, places=2)),
    max_size=9,
)


@given(instalments, st.decimals(-(10**6), 10**7, places=2))
def test_nothing_is_received_twice_or_lost(rows, received):
    plan = [Instalment(number, due, amount) for number, (due, amount) in enumerate(rows)]
    parts = allocate(plan, received)
    planned = sum((one.amount for one in plan), D(0))
    assert sum(parts.values(), D(0)) == min(max(received, D(0)), planned)
    assert all(0 <= parts[one.key] <= one.amount for one in plan)
    open_ones = [parts[one.key] < one.amount for one in sorted(plan, key=lambda one: one.due)]
    assert open_ones == sorted(open_ones)
