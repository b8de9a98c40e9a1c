from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.rules import payments
from sales.rules.payments import Instalment, allocate

D = Decimal
TODAY = date(2026, 11, 22)
EARLIER = Instalment("earlier", date(2026, 9, 1), D(50_000))
SECOND = Instalment("second", date(2026, 10, 15), D(50_000))


def test_the_worked_example():
    first, second = allocate([SECOND, EARLIER], D(80_000), TODAY)
    assert (first.key, first.status, first.days_overdue) == ("earlier", payments.PAID, 0)
    assert (second.status, second.outstanding, second.days_overdue) == (payments.PARTIAL, D(20_000), 38)
    assert payments.ageing([first, second]) == "31-60"
    assert payments.receipt_rate(D(80_000), D(200_000)) == D("0.4")


def test_a_refund_opens_the_latest_again():
    first, second = allocate([EARLIER, SECOND], D(80_000) - D(40_000), TODAY)
    assert (first.received, second.received) == (D(40_000), D(0))
    assert payments.ageing([first, second]) == "61-90"


def test_due_today_is_not_overdue():
    (one,) = allocate([Instalment(1, TODAY, D(10))], D(0), TODAY)
    assert (one.status, one.days_overdue) == (payments.UNPAID, 0)


@pytest.mark.parametrize(
    ("days", "name"),
    [(0, ""), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (90, "61-90"), (91, ">90")],
)
def test_ages(days, name):
    assert payments.bucket(days) == name


def test_reminders():
    dates = payments.reminder_dates(date(2026, 10, 15))
    assert [day.isoformat()[5:] for day in dates] == ["10-08", "10-12", "10-15", "10-16", "10-22", "11-14"]


def test_a_contract_over_nothing_has_no_rate():
    assert payments.receipt_rate(D(0), D(0)) is None


instalments = st.lists(
    st.tuples(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.decimals("0.01", 10**6, places=2)),
    max_size=9,
)


@given(instalments, st.decimals(-(10**6), 10**7, places=2))
def test_nothing_is_received_twice_or_lost(rows, received):
    plan = [Instalment(number, due, amount) for number, (due, amount) in enumerate(rows)]
    settled = allocate(plan, received, TODAY)
    planned = sum((one.amount for one in plan), D(0))
    assert sum((one.received for one in settled), D(0)) == min(max(received, D(0)), planned)
    assert all(0 <= one.received <= one.amount for one in settled)
    open_ones = [one.status != payments.PAID for one in settled]
    assert open_ones == sorted(open_ones)
