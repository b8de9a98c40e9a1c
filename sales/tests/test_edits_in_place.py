"""What a page offers to edit in place can be edited there."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts.tests.factories import make_customer
from crm.core.clock import company_today
from sales import services
from sales.tests.factories import (
    SYSTEM,
    make_lead,
    make_opportunity,
    make_order,
    make_product,
    make_quote,
    sent_quote,
    signed_order,
)

pytestmark = pytest.mark.django_db


def offered(client: Client, record) -> dict[str, str]:
    """The fields a page offers, with the address of each."""
    page = client.get(record.get_absolute_url()).content.decode()
    return {url.split("/")[-2]: url for url in re.findall(r'hx-get="([^"?]+/fields/\w+/)', page)}


def test_every_field_a_page_offers_opens(company):
    customer = make_customer(company.sales1)
    records = [
        customer,
        make_lead(company.sales1),
        make_lead(company.sales1, source="ad"),
        make_opportunity(customer, expected_close_date=company_today() + timedelta(30)),
        make_quote(customer),
        make_order(customer),
        make_product(),
    ]
    client = Client()
    client.force_login(company.admin)
    for record in records:
        urls = offered(client, record)
        assert urls, record
        assert {client.get(url).status_code for url in urls.values()} == {200}, urls


def test_where_a_lead_first_came_from_is_offered_until_it_is_known(company):
    client = Client()
    client.force_login(company.sales1)
    assert "source" in offered(client, make_lead(company.sales1))
    assert "source" not in offered(client, make_lead(company.sales1, source="ad"))


def test_what_is_settled_is_offered_no_more(company):
    """A quote that left the house, a contract that was signed, an invoice that was issued."""
    customer = make_customer(company.sales1)
    order = signed_order(customer)
    invoice = services.apply_for_invoice(order, actor=SYSTEM)
    client = Client()
    client.force_login(company.finance1)
    before = set(offered(client, invoice))
    services.issue_invoice(invoice, number="24312000000088997766", actor=SYSTEM)
    after = set(offered(client, invoice))
    assert "title" in before - after and after == {"send_to"}
    client.force_login(company.sales1)
    assert set(offered(client, order)) == {"contact"}
    quote = sent_quote(customer)
    page = client.get(quote.get_absolute_url()).content.decode()
    assert offered(client, quote) == {} and "All fields" not in page
    assert "All fields" in client.get(make_quote(customer).get_absolute_url()).content.decode()
