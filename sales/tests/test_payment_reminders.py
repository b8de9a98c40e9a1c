from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from accounts.tests.factories import make_customer
from crm.automation.models import Notification
from crm.core.clock import company_today
from crm.core.writes import RuleBroken
from crm.identity.models import Team
from crm.identity.tests.factories import make_company
from sales import services
from sales.models import PaymentPlan, PaymentReminder
from sales.rules.payments import REMIND_ON, Instalment, fitted, reminder_windows
from sales.tasks import remind_of_payments
from sales.tests.factories import SYSTEM, a_line, signed_order

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def order(company):
    return signed_order(make_customer(company.sales1), lines=[a_line(1000)])


def plan(order, *days, amount=100):
    today = company_today()
    return services.plan_payments(
        order, [(today + timedelta(day), D(amount), "") for day in days], actor=SYSTEM
    )


def heard(kind):
    rows = Notification.objects.filter(kind=kind).order_by("pk")
    return list(rows.values_list("user__username", flat=True))


def test_each_day_stands_in_one_window():
    today = company_today()
    windows = reminder_windows(today)
    for past in range(-7, 60):
        due = today - timedelta(past)
        at = [days for days, first, last in windows if (first is None or due >= first) and due <= last]
        assert at == [max(day for day in REMIND_ON if day <= past)]
    assert not any(last >= today + timedelta(8) for _days, _first, last in windows)


def test_through_the_weeks_each_day_is_told_once_and_to_more_people(company, order):
    Team._base_manager.filter(pk=company.east.pk).update(leader=company.manager1)
    plan(order, 10)
    start = timezone.now()
    told = []
    for day in range(48):
        with time_machine.travel(start + timedelta(days=day), tick=False):
            told += [day - 10] * remind_of_payments()
            assert remind_of_payments() == 0
    assert told == list(REMIND_ON)
    assert heard("payment_due") == ["sales1"] * 3
    late = heard("payment_overdue")
    assert sorted(late) == ["finance1", "manager1", "manager1", "sales1", "sales1", "sales1"]
    assert PaymentReminder.objects.count() == 6


def test_what_fell_out_is_caught_up_with_and_what_is_settled_is_quiet(company, order):
    first, _second, paid = plan(order, 8, 40, 9)
    services.confirm_receipt(services.record_receipt(order, amount=D(100), actor=SYSTEM), actor=SYSTEM)
    assert PaymentPlan.objects.get(pk=first.pk).received == 100
    with time_machine.travel(timezone.now() + timedelta(days=14), tick=False):  # nothing ran for two weeks
        assert remind_of_payments() == 1
        assert PaymentReminder.objects.get().days == 1 and PaymentReminder.objects.get().instalment == paid
        services.change_instalment(paid, due_date=company_today() + timedelta(2), actor=SYSTEM)
        assert remind_of_payments() == 1  # due in two days: its third day before has passed
    with time_machine.travel(timezone.now() + timedelta(days=16), tick=False):
        assert remind_of_payments() == 1


def test_what_was_written_down_late_is_not_spoken_of_for_days_gone_by(order):
    plan(order, -40, -20, -5, -1, 0, 2, 20)
    # The days of the others had passed when they were planned; yesterday's first day late is today.
    assert remind_of_payments() == 2
    assert set(PaymentReminder.objects.values_list("days", flat=True)) == {0, 1}


def test_drafts_and_voided_contracts_are_not_spoken_of(company, order):
    plan(order, 3)
    services.void_order(order, reason="作废", actor=SYSTEM)
    assert remind_of_payments() == 0


def test_the_latest_instalments_give_way():
    today = company_today()
    rows = [Instalment(n, today + timedelta(n), D(100)) for n in range(4)]
    assert fitted(rows, D(400)) == {} and fitted(rows, D(500)) == {}
    assert fitted(rows, D(250)) == {3: 0, 2: 50}
    assert fitted([], D(5)) == {}


def amended(order, amount):
    services.amend_order(order, reason="减项", actor=SYSTEM)
    services.update_order(order, lines=[a_line(amount)], actor=SYSTEM)
    services.approve_order(order, actor=SYSTEM)
    return services.sign_order(order, actor=SYSTEM)


def test_a_smaller_contract_brings_its_plan_down(order):
    plan(order, 10, 20, 30, amount=300)
    services.confirm_receipt(services.record_receipt(order, amount=D(500), actor=SYSTEM), actor=SYSTEM)
    amended(order, 700)
    assert list(order.plan.values_list("amount", "received")) == [(300, 300), (300, 200), (100, 0)]
    amended(order, 400)  # 100 more came in than it is worth now: credit, with nobody's instalment
    assert list(order.plan.values_list("amount", "received")) == [(300, 300), (100, 100)]
    with pytest.raises(RuleBroken):
        services.record_receipt(order, amount=D(1), actor=SYSTEM)


def test_nothing_is_voided_while_money_or_invoices_stand_against_it(order):
    receipt = services.record_receipt(order, amount=D(500), actor=SYSTEM)
    services.confirm_receipt(receipt, actor=SYSTEM)
    with pytest.raises(RuleBroken) as refused:
        services.void_order(order, reason="作废", actor=SYSTEM)
    assert refused.value.code == "money" and "500" in str(refused.value)
    services.void_receipt(receipt, reason="退票", actor=SYSTEM)
    invoice = services.apply_for_invoice(order, actor=SYSTEM)
    services.issue_invoice(invoice, number="1", actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.void_order(order, reason="作废", actor=SYSTEM)
    services.reverse_invoice(invoice, number="2", reason="作废", actor=SYSTEM)
    waiting = services.record_receipt(order, amount=D(5), actor=SYSTEM)
    asked = services.apply_for_invoice(order, amount=D(5), actor=SYSTEM)
    services.void_order(order, reason="作废", actor=SYSTEM)
    waiting.refresh_from_db()
    asked.refresh_from_db()
    assert (waiting.status, waiting.void_reason, asked.status) == ("voided", "作废", "voided")
