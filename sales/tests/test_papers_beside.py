"""Quotes and contracts name the ones beside them, and lead to those one sees."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.tests.factories import make_customer
from crm.core.clock import company_today
from crm.identity.services import assign
from crm.identity.tests.rights import said
from sales import services
from sales.models import Order
from sales.tests.factories import SYSTEM, sent_quote, signed_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def papers(company):
    """Pairs with a customer of sales3: what sales1 has of it, and what a colleague has beside that."""
    customer = make_customer(company.sales3)

    def accepted(owner):
        quote = sent_quote(customer, owner=owner)
        return services.accept_quote(quote, by="周敏", actor=SYSTEM)

    def ending(owner):
        order = signed_order(customer, owner=owner)
        Order.objects.filter(pk=order.pk).update(end_date=company_today() + timedelta(30))
        order.refresh_from_db()
        return order

    mine, theirs, offered, asked = (
        ending(company.sales1), ending(company.sales3), accepted(company.sales1), accepted(company.sales3),
    )  # fmt: skip
    first = sent_quote(customer, owner=company.sales1)
    second = services.revise_quote(first, actor=SYSTEM)
    assign([second], owner=company.sales3, actor=SYSTEM)
    return [
        (mine, services.renew_order(mine, owner=company.sales3, actor=SYSTEM)),
        (services.renew_order(theirs, owner=company.sales1, actor=SYSTEM), theirs),
        (offered, services.order_from_quote(offered, owner=company.sales3, actor=SYSTEM)),
        (services.order_from_quote(asked, owner=company.sales1, actor=SYSTEM), asked),
        (first, second),
    ]


def test_a_paper_leads_to_none_that_is_hidden(company, papers):
    for seen, hidden in papers:
        page, whole = (said(who, seen.get_absolute_url()) for who in (company.sales1, company.admin))
        link = f'href="{hidden.get_absolute_url()}"'
        assert hidden.number in page, (seen, hidden)
        assert link in whole and link not in page, (seen, hidden)


def test_a_hidden_version_says_nothing_of_its_price(company, papers):
    first, _second = papers[-1]
    versions = "<h2>Versions</h2>"
    assert versions in said(company.admin, first.get_absolute_url())
    assert versions not in said(company.sales1, first.get_absolute_url())


def test_a_quote_that_became_a_hidden_contract_becomes_no_second_one(company, papers):
    offered, _contract = papers[2]
    again = reverse("quote_order", args=[offered.pk])
    assert again not in said(company.sales1, offered.get_absolute_url())
