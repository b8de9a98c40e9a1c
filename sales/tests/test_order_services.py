import re
import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from accounts.tests.factories import make_customer
from crm.automation.models import Notification
from crm.core.clock import company_today
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity.access import may, visible
from crm.identity.tests.factories import fresh, make_company
from sales import services
from sales.models import NumberRule, Opportunity, Order, OrderStatus, Quote
from sales.queries.orders import signed_for
from sales.queries.payments import sold_to
from sales.tasks.quotes import close_what_ended
from sales.tests.factories import (
    SYSTEM,
    a_line,
    make_opportunity,
    make_order,
    sent_quote,
    signed_order,
)

pytestmark = pytest.mark.django_db
YEAR = company_today().year


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def customer(company):
    return make_customer(company.sales1)


def days_ago(count):
    return company_today() - timedelta(count)


def accepted(customer, **values):
    quote = sent_quote(customer, **values)
    return services.accept_quote(quote, by="周敏", actor=SYSTEM)


def test_an_accepted_quote_becomes_one_order_with_the_very_lines(customer):
    deal = make_opportunity(customer)
    quote = accepted(
        customer, opportunity=deal, lines=[a_line("99.99"), a_line(50, 3, discount=Decimal("0.05"))]
    )
    order = services.order_from_quote(quote, actor=SYSTEM)
    assert (order.amount, order.net, order.tax) == (quote.amount, quote.net, quote.tax)
    assert [line.amount for line in order.lines.all()] == [line.amount for line in quote.lines.all()]
    assert order.number == f"HT-{YEAR}-0001"
    assert services.order_from_quote(quote, actor=SYSTEM).pk == order.pk
    services.void_order(order, reason="客户要求重签", actor=SYSTEM)
    assert services.order_from_quote(quote, actor=SYSTEM, kind="order").number == f"DD-{YEAR}-0001"


def test_only_an_accepted_quote_becomes_an_order(customer):
    with pytest.raises(RuleBroken):
        services.order_from_quote(sent_quote(customer), actor=SYSTEM)


def test_signing_makes_a_deal_customer_and_wins_the_opportunity(customer):
    deal = make_opportunity(customer, amount=Decimal(5))
    order = services.approve_order(make_order(customer, opportunity=deal), actor=SYSTEM)
    services.sign_order(order, signed_date=days_ago(3), reason="price", actor=SYSTEM)
    customer.refresh_from_db()
    deal.refresh_from_db()
    assert (customer.first_deal_at, customer.lifecycle_stage) == (days_ago(3), "customer")
    assert (deal.status, deal.closed_at, deal.reason) == ("won", days_ago(3), "price")


def test_a_second_order_on_another_day_makes_a_repeat_customer(customer):
    signed_order(customer, days_ago(40))
    signed_order(customer, days_ago(40))
    customer.refresh_from_db()
    assert customer.lifecycle_stage == "customer"
    signed_order(customer, days_ago(60))
    customer.refresh_from_db()
    assert (customer.lifecycle_stage, customer.first_deal_at) == ("repeat", days_ago(60))


def test_what_is_not_approved_is_not_signed(customer):
    order = make_order(customer)
    with pytest.raises(RuleBroken):
        services.sign_order(order, actor=SYSTEM)
    customer.refresh_from_db()
    assert customer.first_deal_at is None


def test_voiding_the_first_deal_leaves_the_next_one_or_none(customer):
    first, second = signed_order(customer, days_ago(90)), signed_order(customer, days_ago(30))
    services.void_order(first, reason="重复录入", actor=SYSTEM)
    customer.refresh_from_db()
    assert customer.first_deal_at == days_ago(30)
    services.void_order(second, reason="重复录入", actor=SYSTEM)
    customer.refresh_from_db()
    assert (customer.first_deal_at, customer.lifecycle_stage) == (None, "lead")


def test_a_change_of_what_was_signed_is_a_version_approved_again(customer):
    order = signed_order(customer, days_ago(10))
    with pytest.raises(RuleBroken) as refused:
        services.update_order(order, lines=[a_line(1)], actor=SYSTEM)
    assert refused.value.code == "frozen"
    assert services.update_order(order, note="已收到正本", actor=SYSTEM).note == "已收到正本"
    order.refresh_from_db()
    services.amend_order(order, reason="增加一台", actor=SYSTEM)
    services.update_order(order, lines=[a_line(2000)], actor=SYSTEM)
    order.refresh_from_db()
    assert (order.revision, order.status, order.is_effective) == (2, "draft", True)
    before = order.versions.get()
    assert (before.amount, before.snapshot["lines"][0]["amount"]) == (Decimal(1000), "1000.00")
    with pytest.raises(RuleBroken):
        services.sign_order(order, actor=SYSTEM)
    services.approve_order(order, actor=SYSTEM)
    order = services.sign_order(order, actor=SYSTEM)
    assert (order.status, order.effective_date, order.amount) == ("effective", days_ago(10), Decimal(2000))


def test_while_contracts_are_amended_rows_and_sums_say_what_was_signed(company, customer, client):
    deal = make_opportunity(customer, amount=Decimal(1))
    rows = [signed_order(customer, lines=[a_line(1000)], opportunity=deal) for _n in range(3)]
    for row in rows[:2]:
        services.amend_order(row, reason="加项", actor=SYSTEM)
        services.update_order(row, lines=[a_line(500_000)], actor=SYSTEM)
    services.update_order(make_order(customer), lines=[a_line(77)], actor=SYSTEM)  # never signed: not sold
    client.force_login(company.sales1)
    page = client.get(reverse("order_list")).content.decode()
    assert page.count("¥1,000.00") >= 3 and "500,000" not in "".join(
        re.findall(r"<tbody.*?</tbody>", page, re.S)
    )
    answer = client.get(reverse("order_list"), {"export": "csv", "reason": "对账"})
    sheet = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert sheet.count("500000") == 2  # it can come back as it is
    counts = client.get(reverse("order_counts")).content.decode()
    assert "¥3,000.00" in counts
    panel = client.get(reverse("opportunity_panel", args=[deal.pk, "right", "orders"])).content.decode()
    assert "¥3,000.00" in panel and "500,000" not in panel
    with CaptureQueriesContext(connection) as seen:
        assert signed_for(Opportunity.objects.get(pk=deal.pk)) == 3000
        assert sum(one.signed_amount for one in sold_to(company.sales1, customer=customer)) == 3000
    assert not [one for one in seen if one["sql"].startswith('SELECT "sales_orderversion"')]


def test_the_life_of_a_contract(customer):
    order = signed_order(customer)
    order = services.fulfil_order(order, actor=SYSTEM)
    with pytest.raises(RuleBroken):
        services.terminate_order(order, reason=" ", actor=SYSTEM)
    order = services.terminate_order(order, reason="客户停产", actor=SYSTEM)
    assert (order.status, order.closed_date) == (OrderStatus.TERMINATED, company_today())
    with pytest.raises(RuleBroken):
        services.complete_order(order, actor=SYSTEM)


def test_ends_are_announced_once_each_and_then_the_contract_expires(customer):
    soon = signed_order(customer, days_ago(300), end_date=company_today() + timedelta(20))
    signed_order(customer, days_ago(300), end_date=company_today() + timedelta(200))
    over = signed_order(customer, days_ago(300), end_date=days_ago(1))
    assert [(one.pk, days) for one, days in services.note_ending(actor=SYSTEM)] == [(soon.pk, 30)]
    assert services.note_ending(actor=SYSTEM) == []
    assert services.expire_orders(actor=SYSTEM) == 1
    assert services.expire_orders(actor=SYSTEM) == 0
    over.refresh_from_db()
    assert (over.status, over.closed_date) == (OrderStatus.EXPIRED, days_ago(1))


def test_a_contract_is_renewed_once(customer):
    end = company_today() + timedelta(20)
    order = signed_order(customer, days_ago(300), end_date=end)
    fresh_one = services.renew_order(order, actor=SYSTEM)
    assert fresh_one.start_date == end + timedelta(1)
    assert (fresh_one.renews, fresh_one.amount, fresh_one.status) == (order, order.amount, "draft")
    assert services.renew_order(order, actor=SYSTEM).pk == fresh_one.pk
    services.begin_order_approval(fresh_one, actor=SYSTEM)
    assert services.note_ending(actor=SYSTEM) == []


def test_numbers_without_gaps_are_voided_not_deleted(customer):
    order = make_order(customer)
    with pytest.raises(RuleBroken) as refused:
        services.delete_order(order, actor=SYSTEM)
    assert refused.value.code == "gapless"
    plain = make_order(customer, kind="order")
    services.delete_order(plain, actor=SYSTEM)
    services.restore_order(plain, actor=SYSTEM)
    signed = signed_order(customer, kind="order")
    with pytest.raises(RuleBroken):
        services.delete_order(signed, actor=SYSTEM)


def test_a_number_of_ones_own_is_kept_and_never_given_again(customer):
    make_order(customer, number=f"HT-{YEAR}-0001")
    assert make_order(customer).number == f"HT-{YEAR}-0002"
    with pytest.raises(RuleBroken) as refused:
        make_order(customer, number=f"HT-{YEAR}-0001")
    assert refused.value.field == "number"


def test_a_number_of_what_was_not_saved_is_given_again(customer):
    with pytest.raises(RuleBroken):
        make_order(customer, external_id="x" * 101)
    with pytest.raises(RuleBroken):
        make_order(customer, end_date=days_ago(2), start_date=days_ago(1))
    assert make_order(customer).number == f"HT-{YEAR}-0001"


def test_numbering_goes_on_where_another_book_stopped_but_never_back(customer):
    rule = NumberRule.objects.get(kind="contract")
    rule = services.change_numbering(
        rule, pattern="合同{YYYY}{MM}-{000}", restart="month", gapless=True, next_value=41, actor=SYSTEM
    )
    assert make_order(customer).number == f"合同{company_today():%Y%m}-041"
    with pytest.raises(RuleBroken):
        services.change_numbering(
            rule, pattern=rule.pattern, restart="month", gapless=True, next_value=7, actor=SYSTEM
        )
    for pattern, restart in (
        ("{YYYY}", "year"),
        ("{0000}", "year"),
        ("{X}{0}", "never"),
        ("{0000}", "weekly"),
    ):
        with pytest.raises(RuleBroken):
            services.change_numbering(rule, pattern=pattern, restart=restart, gapless=True, actor=SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_numbers_without_gap_or_double():
    customers = [make_customer(make_company().sales1)] + [make_customer() for _ in range(7)]

    def make(customer):
        try:
            for _ in range(3):
                make_order(customer)
        finally:
            connection.close()

    threads = [threading.Thread(target=make, args=(one,)) for one in customers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Order.objects.values_list("number", flat=True)) == [
        f"HT-{YEAR}-{n:04}" for n in range(1, 25)
    ]


@pytest.mark.django_db(transaction=True)
def test_one_quote_accepted_by_many_clicks_becomes_one_order():
    customer = make_customer(make_company().sales1)
    quote = sent_quote(customer)

    def click():
        try:
            services.accept_quote(Quote.objects.get(pk=quote.pk), by="周敏", actor=SYSTEM)
            services.order_from_quote(Quote.objects.get(pk=quote.pk), actor=SYSTEM)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Order.objects.count() == 1
    assert Event.objects.filter(name="quote.accepted").count() == 1


def test_finance_sees_orders_of_deal_customers_alone(customer, company):
    draft = make_order(make_customer(company.sales1))
    signed = signed_order(customer)
    finance = fresh(company.finance1)
    assert list(visible(Order, finance)) == [signed]
    assert not may(finance, "change", signed)
    assert may(company.sales1, "change", draft)
    assert not visible(Order, company.sales3).exists()


def test_what_happened_by_itself_bears_the_name_of_the_system(customer):
    over = signed_order(customer, days_ago(300), end_date=days_ago(1))
    assert close_what_ended()["orders"] == 1
    event = Event.objects.get(actor_kind="system", actor_id="sales", subject_id=str(over.pk))
    with translation.override("en"):
        assert event.who == "Yuanke"
    with translation.override("zh-hans"):
        assert event.who == "缘客"
    client = Client()
    client.force_login(customer.owner)
    shown = client.get(over.get_absolute_url()).content.decode()
    assert ">sales<" not in shown and ">Yuanke<" in shown


def test_a_contract_whose_payments_stand_in_the_books_keeps_its_currency(customer):
    order = signed_order(customer)
    services.amend_order(order, reason="改币种", actor=SYSTEM)
    with pytest.raises(RuleBroken) as refused:
        services.update_order(order, currency="USD", actor=SYSTEM)
    assert (refused.value.field, refused.value.code) == ("currency", "frozen")


def test_every_contract_that_ends_is_told_of_however_many_there_are(company, customer):
    day = company_today()
    for left in (20, 40, 75, 80):
        signed_order(customer, end_date=day + timedelta(left), owner=company.sales1)
    told = []
    while found := services.note_ending(actor=SYSTEM, limit=1):
        told += [days for _order, days in found]
    assert sorted(told) == [30, 60, 90, 90]
    notes = Notification.objects.filter(kind="contract_ends")
    ends = [(day + timedelta(left)).isoformat() for left in (20, 40, 75, 80)]
    assert sorted(note.params["day"] for note in notes) == ends
    assert not any(note.body for note in notes)  # what was counted on that day would be read on another
