import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from accounts.tests.factories import make_customer
from crm.approvals import services as approvals
from crm.approvals.models import ApprovalFlow
from crm.core.clock import company_today
from crm.core.hooks import hooks
from crm.core.writes import RuleBroken, StaleVersion
from crm.events.models import Event
from crm.identity.access import may, visible
from crm.identity.models import User
from crm.identity.tests.factories import actor, make_company
from sales import services
from sales.models import Order, PaymentPlan, Receipt
from sales.models.order import EFFECTIVE
from sales.queries.invoices import room_of
from sales.queries.payment_health import PaymentHealth, payment_health
from sales.queries.payments import (
    account_of,
    aged_q,
    books_of,
    may_bill,
    overdue_q,
    payment_list,
    state_q,
)
from sales.queries.statements import statements_of
from sales.rules.payments import split
from sales.services.payment_bulk import NewReceipt, add_receipts
from sales.services.settling import confirmed_of
from sales.tests.factories import SYSTEM, a_line, make_order, signed_order

pytestmark = pytest.mark.django_db
TODAY = company_today()


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def order(company):
    """A signed contract over 200,000."""
    return contract(make_customer(company.sales1))


def contract(customer, amount=200_000):
    return signed_order(customer, company_today() - timedelta(90), lines=[a_line(amount)])


def plan(order, *rows):
    today = company_today()
    given = [(today + timedelta(days), Decimal(amount), "") for days, amount in rows]
    return services.plan_payments(order, given, actor=SYSTEM)


def receive(order, amount, confirmed=True):
    if amount < 0:  # as where nobody has to agree to refunds; that somebody has is a test of its own
        ApprovalFlow._base_manager.filter(kind="refund").update(is_active=False)
    receipt = services.record_receipt(order, amount=Decimal(amount), actor=SYSTEM)
    return services.confirm_receipt(receipt, actor=SYSTEM) if confirmed else receipt


def order_now(order):
    return Order._base_manager.get(pk=order.pk)


def state_of(order):
    return list(order.plan.order_by("due_date").values_list("received", flat=True))


def test_an_amount_is_split_to_the_cent_and_ends_of_months_hold():
    rows = split(Decimal("100.00"), 3, date(2026, 1, 31))
    assert rows == [
        (date(2026, 1, 31), Decimal("33.33")),
        (date(2026, 2, 28), Decimal("33.33")),
        (date(2026, 3, 31), Decimal("33.34")),
    ]
    assert split(Decimal(10), 1, date(2026, 12, 5), 3) == [(date(2026, 12, 5), Decimal(10))]
    assert [day for day, _ in split(Decimal(9), 3, date(2026, 11, 30), 3)] == [
        date(2026, 11, 30),
        date(2027, 2, 28),
        date(2027, 5, 30),
    ]


def test_the_worked_example_of_a_late_instalment(order):
    """50,000 due 38 days ago with 30,000 in, of 200,000 with an earlier 50,000 paid: 40 %, 31–60 days, 20,000 open."""
    plan(order, (-80, 50_000), (-38, 50_000), (30, 100_000))
    receive(order, 50_000)
    receive(order, 30_000)
    assert state_of(order) == [50_000, 30_000, 0]
    account = account_of(order, list(order.plan.all()), list(order.receipts.all()))
    assert (account.rate, account.overdue, account.days_overdue) == (Decimal("0.4"), 20_000, 38)
    assert (account.outstanding, account.unplanned) == (120_000, 0)
    rows, today = payment_list(), company_today()
    assert rows.filter(overdue_q()).get().amount == 50_000
    assert [rows.filter(aged_q(bucket, today)).count() for bucket in ("1-30", "31-60", "61-90", ">90")] == [
        0,
        1,
        0,
        0,
    ]
    assert [rows.filter(state_q(state)).count() for state in ("paid", "partial", "unpaid")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (0, ""),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, ">90"),
    ],
)
def test_how_old_a_debt_is(order, days, age):
    plan(order, (-days, 10))
    today = company_today()
    found = [one for one in ("1-30", "31-60", "61-90", ">90") if payment_list().filter(aged_q(one, today))]
    assert found == ([age] if age else [])


def test_what_is_planned_never_exceeds_the_contract(order):
    first = plan(order, (10, 150_000))[0]
    with pytest.raises(RuleBroken) as refused:
        plan(order, (20, Decimal("50000.01")))
    assert (refused.value.field, refused.value.code) == ("amount", "beyond")
    plan(order, (20, 50_000))
    with pytest.raises(RuleBroken):
        services.change_instalment(first, amount=Decimal("150000.01"), actor=SYSTEM)
    for amount in (Decimal(0), Decimal(-5), Decimal("1e30"), Decimal("NaN")):
        with pytest.raises(RuleBroken):
            plan(order, (20, amount))


def test_only_confirmed_receipts_count_and_the_oldest_day_comes_first(order):
    plan(order, (20, 100_000), (10, 60_000))
    draft = receive(order, 80_000, confirmed=False)
    assert state_of(order) == [0, 0]
    services.confirm_receipt(draft, actor=SYSTEM)
    services.confirm_receipt(draft, actor=SYSTEM)
    assert state_of(order) == [60_000, 20_000]
    assert Event.objects.filter(name="receipt.confirmed").count() == 1
    receive(order, -30_000)
    assert state_of(order) == [50_000, 0]


def test_a_change_of_the_plan_spreads_the_receipts_anew(order):
    first, second = plan(order, (10, 60_000), (20, 100_000))
    receive(order, 80_000)
    stale = PaymentPlan.objects.get(pk=first.pk)
    services.change_instalment(stale, amount=Decimal(30_000), expected=stale.version, actor=SYSTEM)
    assert state_of(order) == [30_000, 50_000]
    with pytest.raises(StaleVersion):
        services.change_instalment(stale, amount=Decimal(1), expected=stale.version, actor=SYSTEM)
    services.remove_instalment(first, actor=SYSTEM)
    services.remove_instalment(first, actor=SYSTEM)
    assert state_of(order) == [80_000]
    assert second.pk == order.plan.get().pk


def test_receipts_stay_within_the_contract_and_refunds_within_what_came_in(order):
    big = receive(order, 150_000)
    with pytest.raises(RuleBroken) as refused:
        receive(order, Decimal("50000.01"), confirmed=False)
    assert refused.value.code == "beyond"
    waiting = receive(order, 50_000, confirmed=False)
    receive(order, 20_000)
    with pytest.raises(RuleBroken):  # there was room when it was recorded, there is none now
        services.confirm_receipt(waiting, actor=SYSTEM)
    with pytest.raises(RuleBroken):
        receive(order, Decimal("-170000.01"), confirmed=False)
    receive(order, -100_000)
    with pytest.raises(RuleBroken):  # 80,000 would be missing
        services.void_receipt(big, reason="退票", actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.record_receipt(
            order, amount=Decimal(1), received_date=company_today() + timedelta(1), actor=SYSTEM
        )


def test_a_voided_receipt_counts_no_more_and_stays_in_the_books(order):
    plan(order, (10, 60_000))
    receipt = receive(order, 40_000)
    with pytest.raises(RuleBroken):
        services.void_receipt(receipt, reason=" ", actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.update_receipt(receipt, amount=Decimal(4), actor=SYSTEM)
    services.void_receipt(receipt, reason="银行退票", actor=SYSTEM)
    assert state_of(order) == [0]
    receipt.refresh_from_db()
    assert (receipt.status, receipt.void_reason, receipt.amount) == ("voided", "银行退票", 40_000)
    with pytest.raises(RuleBroken):
        services.confirm_receipt(receipt, actor=SYSTEM)


def test_a_draft_is_corrected_and_an_external_id_comes_once(order):
    receipt = services.record_receipt(order, amount=Decimal(5), external_id="B-1", actor=SYSTEM)
    services.update_receipt(receipt, amount=Decimal("7.005"), reference=" 招行 ", actor=SYSTEM)
    receipt.refresh_from_db()
    assert (receipt.amount, receipt.reference) == (Decimal("7.01"), "招行")
    with pytest.raises(RuleBroken) as refused:
        services.record_receipt(order, amount=Decimal(5), external_id="B-1", actor=SYSTEM)
    assert refused.value.field == "external_id"


def test_nothing_is_paid_for_what_is_not_signed(company):
    draft = make_order(make_customer(company.sales1), kind="order")
    plan(draft, (-5, 500))
    with pytest.raises(RuleBroken):
        receive(draft, 500, confirmed=False)
    assert not payment_list().filter(overdue_q()).exists()
    services.void_order(draft, reason="作废", actor=SYSTEM)
    with pytest.raises(RuleBroken):
        plan(draft, (5, 100))
    assert not payment_list().exists()


def test_who_plans_records_and_confirms(company, order):
    def fresh(person):
        return User.objects.get(pk=person.pk)

    receipt = receive(order, 100, confirmed=False)
    finance, seller, boss = fresh(company.finance1), fresh(company.sales1), fresh(company.manager1)
    assert may_bill(finance, order) and may_bill(seller, order) and not may_bill(boss, order)
    assert not may_bill(fresh(company.sales3), order)
    assert [one for one in (finance, seller, boss) if may(one, "confirm", receipt)] == [finance]
    assert visible(Receipt, boss).get() == receipt
    assert not visible(Receipt, fresh(company.service1)).exists()
    other = make_order(make_customer(company.sales1))
    assert not may_bill(finance, other)  # no deal customer yet


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_never_pass_the_contract():
    order = contract(make_customer(make_company().sales1), 100_000)
    waiting = [receive(order, 60_000, confirmed=False) for _ in range(2)]
    gone_wrong = []

    def attempt(receipt):
        try:
            plan(order, (5, 60_000))
        except RuleBroken:
            gone_wrong.append("plan")
        try:
            services.confirm_receipt(receipt, actor=SYSTEM)
        except RuleBroken:
            gone_wrong.append("receipt")
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(one,)) for one in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(gone_wrong) == ["plan", "receipt"]
    assert state_of(order) == [60_000]


def test_how_a_customer_pays_is_a_part_of_its_health(company):
    """90 % of what fell due came in time and the worst is 12 days overdue: 83, as in the worked example."""
    customer, new = make_customer(company.sales1), make_customer(company.sales1)
    order = contract(customer, 1_000)
    plan(order, (-40, 900), (-12, 100))
    receipt = services.record_receipt(
        order, amount=Decimal(900), received_date=company_today() - timedelta(45), actor=SYSTEM
    )
    services.confirm_receipt(receipt, actor=SYSTEM)
    plan(contract(new), (5, 100))
    found = payment_health([customer.pk, new.pk])
    assert list(found) == [customer.pk]  # nothing fell due of the other
    assert found[customer.pk] == PaymentHealth(Decimal(83), Decimal("0.9"), 12)
    assert not found[customer.pk].knocks_out
    late = contract(customer, 500)
    plan(late, (-91, 500))
    receive(late, 100)  # today: in time was none of it
    again = payment_health([customer.pk])[customer.pk]
    assert (again.on_time, again.worst_days, again.knocks_out) == (Decimal("0.6"), 91, True)
    assert again.score == 30
    assert hooks.health_signals["payment"].weight == 10


def test_a_refund_counts_once_somebody_agreed_to_this_very_amount(company, order):
    receive(order, 80_000)
    finance, boss = company.finance1, company.exec
    refund = services.record_receipt(order, amount=Decimal(-500), note="退货", actor=SYSTEM)
    with pytest.raises(RuleBroken) as refused:
        services.confirm_receipt(refund, actor=SYSTEM)
    assert refused.value.code == "approval"
    request = approvals.submit("refund", refund, submitter=finance, actor=actor(finance))
    assert (request.is_pending, request.amount) == (True, 500)
    with pytest.raises(RuleBroken):  # locked while it waits
        services.update_receipt(refund, amount=Decimal(-5), actor=SYSTEM)
    approvals.approve(request, user=boss, actor=actor(boss))
    services.update_receipt(refund, amount=Decimal(-501), actor=SYSTEM)
    with pytest.raises(RuleBroken):  # not what was agreed to
        services.confirm_receipt(refund, actor=SYSTEM)
    services.update_receipt(refund, amount=Decimal(-500), actor=SYSTEM)
    services.confirm_receipt(refund, actor=SYSTEM)
    assert confirmed_of(order) == 79_500
    (waits,) = add_receipts([NewReceipt(order.pk, company_today(), Decimal(-1))], actor=SYSTEM)
    assert waits.status == "draft"  # no way round by a sheet


def test_what_was_paid_back_in_full_never_was_a_deal(company, order):
    customer, whole = order.customer, order.amount
    customer.refresh_from_db()
    assert (customer.first_deal_at, customer.lifecycle_stage) == (order.effective_date, "customer")
    receive(order, whole)
    receive(order, -whole / 2)
    customer.refresh_from_db()
    assert customer.first_deal_at == order.effective_date
    plan(order, (-70, whole))
    last = receive(order, -whole / 2)
    assert not payment_list().filter(overdue_q()).exists()  # nothing is owed of what is sold no more
    now = order_now(order)
    assert account_of(now, list(now.plan.all()), []).days_overdue == 0
    customer.refresh_from_db()
    order.refresh_from_db()
    assert (customer.first_deal_at, order.refunded_date) == (None, last.received_date)
    assert customer.lifecycle_stage != "customer" and not Order.objects.filter(EFFECTIVE).exists()
    services.void_receipt(last, reason="booked twice", actor=SYSTEM)
    customer.refresh_from_db()
    order.refresh_from_db()
    assert (customer.first_deal_at, order.refunded_date) == (order.effective_date, None)
    assert customer.lifecycle_stage == "customer"
    rest = NewReceipt(order.pk, company_today(), -whole / 2)
    assert add_receipts([rest], actor=SYSTEM)[0].is_confirmed  # the same by a sheet
    customer.refresh_from_db()
    assert (customer.first_deal_at, order_now(order).refunded_date) == (None, company_today())


def test_while_a_contract_is_amended_its_money_goes_by_what_was_signed(company, order):
    def worth():
        now = order_now(order)
        rows = statements_of(company.finance1, now.customer, TODAY, TODAY, TODAY)
        return (
            books_of(company.finance1, now).account.amount,
            rows[0].account.closing,
            sum(room_of(now).values()),
        )

    services.amend_order(order, reason="加项", actor=SYSTEM)
    services.update_order(order, lines=[a_line(300_000)], actor=SYSTEM)
    assert worth() == (200_000, 200_000, 200_000)
    with pytest.raises(RuleBroken) as refused:
        receive(order, 200_001, confirmed=False)
    assert refused.value.code == "beyond"
    services.update_order(order, lines=[a_line(100_000)], actor=SYSTEM)
    receive(order, 150_000)
    services.sign_order(services.approve_order(order, actor=SYSTEM), actor=SYSTEM)
    assert worth() == (100_000, -50_000, 100_000)
