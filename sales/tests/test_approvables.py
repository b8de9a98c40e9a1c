"""Discounts, orders and gated stages through the flows the installation begins with."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.tests.factories import make_customer
from crm.approvals import services
from crm.approvals.tests.factories import agree, asked, led_company, refuse
from crm.core.writes import RuleBroken
from crm.events.delivery import deliver_pending
from crm.identity import services as identity
from crm.identity.services.handover import leave
from crm.identity.tests.factories import actor
from crm.listing.rest.testing import Caller
from crm.records.models import ExchangeRate
from sales.approvables import ORDER, QUOTE, STAGE
from sales.models import Stage
from sales.services.opportunities import move_opportunity
from sales.services.orders import update_order
from sales.tests.factories import a_line, make_opportunity, make_order, make_quote

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(db):
    return led_company()


@pytest.fixture
def customer(company):
    return make_customer(company.sales1)


def submit(kind, record, user, **detail):
    return services.submit(kind.key, record, submitter=user, actor=actor(user), detail=detail)


def of(record):
    record.refresh_from_db()
    return getattr(record, "status", "") or record.state


@pytest.mark.parametrize(
    ("share", "people"),
    [("0.05", []), ("0.15", ["manager1"]), ("0.25", ["director"]), ("0.2501", ["director", "finance1"])],
)
def test_the_discount_says_who_agrees(company, customer, share, people):
    quote = make_quote(customer, owner=company.sales1, lines=[a_line(1000, discount=Decimal(share))])
    request = submit(QUOTE, quote, company.sales1)
    steps = list(request.tasks.order_by("step__position").values_list("approver__username", flat=True))
    assert steps == people
    assert of(quote) == ("in_approval" if people else "approved")


def test_bands_are_of_the_base_currency(company, customer):
    ExchangeRate(currency="USD", base="CNY", rate=Decimal(8), valid_from_date=date(2020, 1, 1)).save()

    def asked_for(amount, currency):
        order = make_order(customer, owner=company.sales1, currency=currency, lines=[a_line(amount)])
        request = submit(ORDER, order, company.sales1)
        assert (request.amount, request.currency) == (amount, currency)
        return list(request.tasks.order_by("step__position").values_list("approver__username", flat=True))

    assert asked_for(80_000, "USD") == asked_for(640_000, "CNY") != asked_for(80_000, "CNY")


def test_an_amount_without_a_rate_asks_as_many_as_the_largest(company, customer):
    rate = ExchangeRate(currency="USD", base="CNY", rate=Decimal(8), valid_from_date=date(2020, 1, 1))
    rate.save()
    order = make_order(customer, owner=company.sales1, currency="USD", lines=[a_line(1000)])
    rate.delete()
    request = submit(ORDER, order, company.sales1)
    most = submit(
        ORDER, make_order(customer, owner=company.sales1, lines=[a_line(10_000_000)]), company.sales1
    )
    assert asked(request) == asked(most)
    assert [request.tasks.count(), request.amount] == [most.tasks.count(), 1000]


def test_an_order_is_locked_while_it_waits_and_may_be_signed_after(company, customer):
    order = make_order(customer, owner=company.sales1, lines=[a_line(600_000)])
    request = submit(ORDER, order, company.sales1)
    with pytest.raises(RuleBroken):
        update_order(order, actor=actor(company.sales1), note="cheaper")
    request = agree(request, company.manager1, company.finance1)
    assert asked(request) == ["exec"] and of(order) == "in_approval"
    assert agree(request, company.exec).state == "approved" and of(order) == "approved"
    services.take_back(request, user=company.exec, actor=actor(company.exec))
    assert of(order) == "in_approval"


def test_what_approvers_wrote_of_its_money_is_read_by_who_reads_the_money(company, customer, client):
    order = make_order(customer, owner=company.sales1, lines=[a_line(1000)])
    refuse(submit(ORDER, order, company.sales1), company.manager1, "至少降 5%")
    beside = reverse("approval_of_record", args=["order", order.pk])
    for reader in (company.sales1, company.exec):
        client.force_login(reader)
        assert "至少降 5%" in client.get(beside).content.decode()
    client.force_login(company.service1)
    page = client.get(beside).content.decode()
    assert "Manager1" in page and "Rejected" in page and "5%" not in page
    timeline = client.get(order.get_absolute_url()).content.decode()
    assert "5%" not in timeline


def test_rejected_it_can_be_changed_and_submitted_again(company, customer):
    order = make_order(customer, owner=company.sales1, lines=[a_line(1000)])
    request = refuse(submit(ORDER, order, company.sales1), company.manager1)
    assert request.state == "rejected" and of(order) == "rejected"
    update_order(order, actor=actor(company.sales1), name="another")
    again = submit(ORDER, order, company.sales1)
    assert again.round == 2
    services.withdraw(again, user=company.sales1, actor=actor(company.sales1))
    assert of(order) == "draft"


def test_who_follows_a_submitter_who_left_takes_it_back(company, customer, client):
    order = make_order(customer, owner=company.sales1, lines=[a_line(1000)])
    request = submit(ORDER, order, company.sales1)
    beside, back = (
        reverse("approval_of_record", args=["order", order.pk]),
        reverse("approval_withdraw", args=[request.pk]),
    )
    client.force_login(company.manager2)
    assert client.post(back).status_code == 404
    client.force_login(company.director)
    assert back not in client.get(beside).content.decode()
    assert client.post(back).status_code == 403  # the submitter is still here
    leave(company.sales1, {}, default=[company.sales2], actor=actor(company.admin))
    deliver_pending()
    client.force_login(company.sales2)
    assert back in client.get(beside).content.decode()
    client.post(back)
    assert of(order) == "draft" and of(request) == "withdrawn"


def test_a_gated_stage_is_entered_by_approval_only(company, customer):
    deal = make_opportunity(
        customer, owner=company.sales1, amount=1000, need="a line", contact=customer.contacts.first()
    )
    stages = list(Stage.objects.filter(pipeline=deal.pipeline_id, kind="open").order_by("position"))
    Stage.objects.filter(pk__in=[one.pk for one in stages]).update(asks=[])
    Stage.objects.filter(pk=stages[1].pk).update(needs_approval=True)
    for to in (stages[1], stages[2]):
        with pytest.raises(RuleBroken) as error:
            move_opportunity(deal, to=to, actor=actor(company.sales1), confirmed=True)
        assert error.value.code == "approval"
    with pytest.raises(RuleBroken):
        submit(STAGE, deal, company.sales1, choice=str(stages[2].pk))
    request = submit(STAGE, deal, company.sales1, choice=str(stages[1].pk))
    with pytest.raises(RuleBroken) as error:  # the board cannot move it past the question either
        move_opportunity(deal, to=stages[1], actor=actor(company.sales1), confirmed=True, approved=True)
    assert error.value.code == "locked"
    assert agree(request, company.manager1).trouble == ""
    deal.refresh_from_db()
    assert deal.stage_id == stages[1].pk


def test_an_approval_and_its_record_lead_to_each_other_only_for_who_sees_both(client, company):
    """Finance decides on a discount of a customer without a deal; a colleague reads the customer, not what is asked."""
    customer = make_customer(company.sales3)
    quote = make_quote(customer, owner=company.sales3, lines=[a_line(1000, discount=Decimal("0.3"))])
    part = reverse("approval_of_record", args=["quote", quote.pk])
    call, body = Caller(company.sales1), {"kind": "quote", "record": quote.pk}
    client.force_login(company.sales1)
    assert client.get(part).status_code == 404
    assert call("POST", "/api/v1/approvals/", body).status_code == 400
    request = agree(submit(QUOTE, quote, company.sales3), company.director)
    link = f'href="{request.get_absolute_url()}"'
    identity.share(customer, user=company.sales1, level="read", actor=actor(company.sales3))
    page = client.get(part)
    assert page.status_code == 200 and link not in page.content.decode()
    client.force_login(company.sales3)
    assert link in client.get(part).content.decode()
    assert quote.get_absolute_url() in client.get(request.get_absolute_url()).content.decode()
    client.force_login(company.finance1)
    seen = client.get(request.get_absolute_url()).content.decode()
    assert request.title in seen and quote.get_absolute_url() not in seen
