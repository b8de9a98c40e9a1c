"""The nightly review of the life cycle, by what orders and payments say of a customer."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Customer, LifecycleEvent
from accounts.queries.customers import why_in_danger
from accounts.services import change_lifecycle
from accounts.tasks import review_life_cycles
from accounts.tests.factories import make_customer
from crm.automation.models import Notification
from crm.core.clock import company_today
from crm.events.models import Event
from crm.identity.tests.factories import make_company
from sales import services
from sales.tests.factories import SYSTEM, a_line, make_opportunity, signed_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def order(company):
    """A contract over 1,000 of a hundred days ago, whose only instalment was due 61 days ago."""
    order = signed_order(make_customer(company.sales1), days_ago(100), lines=[a_line(1000)])
    services.plan_payments(order, [(days_ago(61), Decimal(1000), "")], actor=SYSTEM)
    return order


def days_ago(days):
    return company_today() - timedelta(days=days)


def in_days(days):
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=False)


def stage_of(order):
    return Customer.objects.get(pk=order.customer_id).lifecycle_stage


def pay(order):
    receipt = services.record_receipt(order, amount=Decimal(1000), actor=SYSTEM)
    services.confirm_receipt(receipt, actor=SYSTEM)


def test_a_debt_of_more_than_60_days_puts_at_risk_and_two_quiet_weeks_lead_out(order):
    before = Customer.objects.get(pk=order.customer_id).version
    assert review_life_cycles() == 1
    customer = Customer.objects.get(pk=order.customer_id)
    assert (customer.lifecycle_stage, customer.version) == ("at_risk", before + 1)
    assert why_in_danger(customer) == "a payment is overdue for more than 60 days"
    event = Event.objects.filter(name="customer.lifecycle_changed").latest("pk")
    assert event.changes == {"lifecycle_stage": ["customer", "at_risk"]}
    assert "a payment is overdue for more than 60 days" in event.title
    assert review_life_cycles() == 0
    told = Notification.objects.get()
    assert (told.kind, told.user, told.params) == (
        "customers_at_risk",
        customer.owner,
        {"names": [customer.name]},
    )
    with in_days(3):
        pay(order)
        assert review_life_cycles() == 0
        assert why_in_danger(customer) == "nothing is wrong any more; safe after 14 days"
    with in_days(16):
        assert review_life_cycles() == 0
    with in_days(17):
        assert review_life_cycles() == 1 and stage_of(order) == "customer"
    rules = LifecycleEvent.objects.filter(customer=customer).order_by("pk").values_list("rule", flat=True)
    assert list(rules)[-3:] == ["receivable_overdue", "calm", "first_order"]


def test_a_debt_of_60_days_or_of_what_was_paid_back_is_none(order):
    services.change_instalment(order.plan.get(), due_date=days_ago(60), actor=SYSTEM)
    assert review_life_cycles() == 0 and stage_of(order) == "customer"
    with in_days(1):
        assert review_life_cycles() == 1


def test_a_new_order_leads_out_once_the_debt_is_paid(order):
    review_life_cycles()
    signed_order(order.customer)
    assert stage_of(order) == "at_risk"  # they still owe
    pay(order)
    assert review_life_cycles() == 1 and stage_of(order) == "repeat"


def test_who_does_not_order_is_at_risk_and_then_lost_until_the_next_order(order):
    pay(order)
    with in_days(80):
        assert review_life_cycles() == 0
    with in_days(81):  # the 181st day without an order
        assert review_life_cycles() == 1 and stage_of(order) == "at_risk"
        assert why_in_danger(Customer.objects.get(pk=order.customer_id)).startswith("no order")
    with in_days(266):
        assert review_life_cycles() == 1 and stage_of(order) == "churned"
        signed_order(order.customer)
        assert stage_of(order) == "customer"  # won back
        assert review_life_cycles() == 0


def test_a_contract_that_ends_asks_for_its_renewal(company):
    def contract(**values):
        return signed_order(make_customer(company.sales1), days_ago(90), end_date=days_ago(-20), **values)

    alone, renewed, with_deal, bought_on = (contract() for _ in range(4))
    services.renew_order(renewed, actor=SYSTEM)
    make_opportunity(with_deal.customer)
    signed_order(bought_on.customer)
    assert review_life_cycles() == 1 and stage_of(alone) == "at_risk"
    assert {stage_of(one) for one in (renewed, with_deal)} == {"customer"} and stage_of(bought_on) == "repeat"
    with in_days(51):
        services.expire_orders(actor=SYSTEM)
        review_life_cycles()
        assert stage_of(alone) == "churned" and stage_of(renewed) == "customer"


def test_what_people_marked_by_hand_and_what_is_not_known_here_stays(company, order):
    pay(order)
    known = Customer.objects.get(pk=order.customer_id)
    known = change_lifecycle(known, to="at_risk", reason="采购换人", actor=SYSTEM)
    old = make_customer(company.sales1, first_deal_at=days_ago(900))
    stage = Customer.objects.get(pk=old.pk).lifecycle_stage
    for day in (0, 20):
        with in_days(day):
            assert review_life_cycles() == 0
    assert why_in_danger(known) == "采购换人" and Customer.objects.get(pk=old.pk).lifecycle_stage == stage


def test_seven_customers_cost_no_more_queries_than_one(company, order):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert review_life_cycles() > 0
        return len(asked)

    one = queries()
    for _ in range(7):
        late = signed_order(make_customer(company.sales1), days_ago(100), lines=[a_line(1000)])
        services.plan_payments(late, [(days_ago(70), Decimal(1000), "")], actor=SYSTEM)
    assert queries() <= one
