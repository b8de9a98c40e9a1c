"""What one does to every kind of record: give it away, share it, move it to the bin and take it back."""

import json

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from accounts.models import Customer
from accounts.pages import CUSTOMER_PAGE
from accounts.tests.custom_tools import field
from accounts.tests.factories import make_customer
from crm.identity.tests.factories import make_company
from crm.listing.giving import GiveForm, give_form
from sales.pages.leads import LEAD_PAGE
from sales.pages.opportunities import OPPORTUNITY_PAGE
from sales.pages.orders import ORDER_PAGE
from sales.pages.products import PRODUCT_PAGE
from sales.pages.quotes import QUOTE_PAGE
from sales.tests.factories import (
    make_lead,
    make_opportunity,
    make_order,
    make_product,
    make_quote,
    sent_quote,
    signed_order,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "drawer"}
PAGES = [CUSTOMER_PAGE, LEAD_PAGE, OPPORTUNITY_PAGE, QUOTE_PAGE, ORDER_PAGE, PRODUCT_PAGE]
OWNED = PAGES[:-1]


def plain_order(customer, **values):
    """One whose number leaves a gap, unlike a contract's."""
    return make_order(customer, kind="order", **values)


MAKERS = {
    "customer": make_customer,
    "lead": make_lead,
    "opportunity": lambda owner: make_opportunity(make_customer(owner)),
    "quote": lambda owner: make_quote(make_customer(owner)),
    "order": lambda owner: plain_order(make_customer(owner)),
    "product": lambda owner: make_product(),
}


def by_key(page):
    return page.key


@pytest.fixture
def company():
    return make_company()


def browser(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", PAGES, ids=by_key)
def test_the_bin_gives_back_what_one_may_delete(company, page):
    record = MAKERS[page.key](company.sales1)
    manager, restore = browser(company.manager1), page.url("restore", record.pk)
    asked = manager.get(page.url("delete", record.pk), headers=HTMX)
    assert asked.status_code == 200 and str(page.before_delete) in asked.content.decode()
    gone = manager.post(page.url("delete", record.pk), headers=HTMX)
    assert gone["HX-Redirect"] == page.listing.url()
    assert manager.get(page.url("detail", record.pk)).status_code == 404
    assert restore in manager.get(page.bin.url()).content.decode()
    assert "btn btn-mini" not in browser(company.exec).get(page.bin.url()).content.decode()
    stranger = 403 if page is PRODUCT_PAGE else 404  # everybody sees what the company sells
    assert browser(company.sales3).get(restore).status_code == stranger
    assert browser(company.exec).get(restore).status_code == 403
    assert manager.get(restore).status_code == 200
    back = manager.post(restore, headers=HTMX)
    assert back["HX-Redirect"] == page.url("detail", record.pk)
    assert manager.get(page.url("detail", record.pk)).status_code == 200


def test_what_cannot_be_deleted_says_why_and_offers_nothing_more(company):
    quote = sent_quote(make_customer(company.sales1))
    answer = browser(company.sales1).post(QUOTE_PAGE.url("delete", quote.pk), headers=HTMX)
    assert answer.status_code == 409
    assert "stays" in answer.content.decode() and "btn-danger-solid" not in answer.content.decode()


def test_what_cannot_come_back_says_why(company):
    product = make_product(code="V3")
    manager = browser(company.manager1)
    manager.post(PRODUCT_PAGE.url("delete", product.pk))
    make_product(code="V3")
    answer = manager.post(PRODUCT_PAGE.url("restore", product.pk))
    assert answer.status_code == 409 and "V3" in answer.content.decode()


@pytest.mark.parametrize("page", OWNED, ids=by_key)
def test_only_what_can_be_shared_leaves_its_previous_owner_reading(company, page):
    record = MAKERS[page.key](company.sales1)
    manager = browser(company.manager1)
    one = manager.get(page.url("transfer", record.pk), headers=HTMX).content.decode()
    bulk = reverse(f"{page.key}_bulk", args=["transfer"])
    many = manager.post(bulk, {"ids": [record.pk]}, headers=HTMX).content.decode()
    shared = page in (CUSTOMER_PAGE, LEAD_PAGE)
    assert ("keep_reader" in one, "keep_reader" in many) == (shared, shared)
    given = {"owner": company.sales3.pk, "keep_reader": "on"}
    assert manager.post(page.url("transfer", record.pk), given, headers=HTMX).status_code == 204
    record.refresh_from_db()
    assert record.owner == company.sales3
    reads = browser(company.sales1).get(page.url("detail", record.pk)).status_code
    assert reads == (200 if shared or page in (QUOTE_PAGE, ORDER_PAGE, OPPORTUNITY_PAGE) else 404)


def test_whom_one_person_may_give_to_stands_in_no_other_form(company):
    form = give_form(Customer)(user=company.admin)
    assert company.sales1 in form.fields["owner"].queryset
    for shared in (type(form), GiveForm):
        assert not shared.base_fields["owner"].queryset.exists()


REFUSED = {
    "lead_unconvert": (make_lead, "admin"),
    "opportunity_unmove": (MAKERS["opportunity"], "sales1"),
    "quote_revise": (MAKERS["quote"], "sales1"),
    "order_fulfil": (MAKERS["order"], "sales1"),
    "order_reopen": (lambda owner: signed_order(make_customer(owner)), "sales1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_button_that_is_refused_says_so_as_a_failure(company, name):
    make, who = REFUSED[name]
    record = make(company.sales1)
    client, url = browser(getattr(company, who)), reverse(name, args=[record.pk])
    answer = client.post(url, headers=HTMX)
    assert (answer.status_code, answer["HX-Reswap"]) == (409, "none")
    toast = json.loads(answer["HX-Trigger"])["toast"]
    assert toast["kind"] == "bad" and toast["text"]
    plain = client.post(url)
    assert plain.url == record.get_absolute_url()
    assert [message.level_tag for message in get_messages(plain.wsgi_request)] == ["error"]


def test_an_order_whose_number_elsewhere_was_given_again_stays_in_the_bin(company):
    customer = make_customer(company.sales1)
    order = plain_order(customer, external_id="ERP-7")
    client = browser(company.sales1)
    client.post(ORDER_PAGE.url("delete", order.pk))
    make_order(customer, external_id="ERP-7")
    assert client.post(ORDER_PAGE.url("restore", order.pk)).status_code == 409


@pytest.mark.parametrize("page", [QUOTE_PAGE, ORDER_PAGE], ids=by_key)
def test_what_only_one_record_holds_keeps_another_in_the_bin(company, page):
    one = field("text", "ticket", model=page.model._meta.label_lower, unique=True)
    make = {"quote": make_quote, "order": plain_order}[page.key]
    customer = make_customer(company.sales1)
    record = make(customer, custom={one.key: "T-1"})
    client = browser(company.sales1)
    client.post(page.url("delete", record.pk))
    make(customer, custom={one.key: "T-1"})
    assert client.post(page.url("restore", record.pk)).status_code == 409


def test_an_order_offers_the_bin_only_where_its_number_may_leave_a_gap(company):
    customer = make_customer(company.sales1)
    client = browser(company.sales1)
    for order, offered in ((plain_order(customer), True), (make_order(customer), False)):
        page = client.get(order.get_absolute_url()).content.decode()
        assert (ORDER_PAGE.url("delete", order.pk) in page) is offered
