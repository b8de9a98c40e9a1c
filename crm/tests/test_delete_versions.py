"""What somebody was asked about is what they delete: a record that changed meanwhile stays, and the page says so."""

from decimal import Decimal

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_contact, make_customer
from crm.automation.tests.group_chat import make_robot
from crm.core.clock import company_today
from crm.identity.tests.factories import make_company
from crm.listing.rest import concurrency
from crm.listing.rest.testing import Caller, overtaken
from sales import services
from sales.tests.factories import (
    SYSTEM,
    a_line,
    make_lead,
    make_opportunity,
    make_order,
    make_product,
    make_quote,
    signed_order,
)

pytestmark = pytest.mark.django_db


def planned(user):
    order = signed_order(make_customer(user), lines=[a_line(1000)])
    (row,) = services.plan_payments(order, [(company_today(), Decimal(500), "")], actor=SYSTEM)
    return row


KINDS = {
    "customer_delete": make_customer,
    "contact_delete": lambda user: make_contact(make_customer(user)),
    "lead_delete": make_lead,
    "opportunity_delete": lambda user: make_opportunity(make_customer(user)),
    "quote_delete": lambda user: make_quote(make_customer(user)),
    "order_delete": lambda user: make_order(make_customer(user), kind="order"),
    "product_delete": lambda user: make_product(),
    "pricebook_delete": lambda user: services.save_price_book(None, name="大客户价", actor=SYSTEM),
    "cadence_delete": lambda user: services.save_cadence(None, name="新线索", actor=SYSTEM),
    "payment_remove": planned,
}


@pytest.mark.parametrize("route", KINDS)
def test_the_question_is_about_one_version(route):
    company = make_company()
    record = KINDS[route](company.sales1)
    rows = type(record)._base_manager.filter(pk=record.pk)
    client, url = Client(), reverse(route, args=[record.pk])
    client.force_login(company.finance1 if route == "payment_remove" else company.admin)
    rows.update(version=F("version") + 6)
    seen = rows.get().version
    assert f'name="version" value="{seen}"' in client.get(url).content.decode()
    before = rows.values().get()
    answer = client.post(url, {"version": seen - 1})
    assert answer.status_code == 409 and "changed this record meanwhile" in answer.content.decode()
    assert rows.values().get() == before
    assert client.post(url, {"version": seen}).status_code == 302
    assert rows.values().first() != before


@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("quotes", lambda company: make_quote(make_customer(company.sales1))),
        ("products", lambda company: make_product()),
        ("group-robots", lambda company: make_robot(company, news=["reminder"])),
    ],
)
def test_an_api_write_that_was_overtaken_deletes_nothing(monkeypatch, path, make):
    company = make_company()
    record = make(company)
    call, address = Caller(company.admin), f"/api/v1/{path}/{record.pk}/"
    with monkeypatch.context() as race:
        race.setattr(concurrency, "check", overtaken)
        assert call("DELETE", address, {"version": record.version}).status_code == 409
    assert call("GET", address).status_code == 200
    assert call("DELETE", address, {"version": record.version + 1}).status_code == 204
    assert call("GET", address).status_code == 404
