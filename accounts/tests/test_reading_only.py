"""What a customer is that one may read or edit, but not dispose of: nothing of it is given away, moved or led to."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.tests.factories import SYSTEM, make_contact, make_customer
from accounts.tests.import_tools import run, text_file
from crm.identity import services as identity
from crm.listing.rest.testing import Caller
from crm.records.models import ImportRow

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(company):
    """A colleague's customer that sales1 may read."""
    customer = make_customer(company.sales3, "星河智能有限公司")
    identity.share(customer, user=company.sales1, level="read", actor=SYSTEM)
    return customer


@pytest.fixture
def edited(company):
    """A colleague's customer that sales1 may edit."""
    customer = make_customer(company.sales3, "云杉网络有限公司")
    identity.share(customer, user=company.sales1, level="edit", actor=SYSTEM)
    return customer


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def patch(person, kind, record, **values):
    record.refresh_from_db()
    answer = Caller(person)("PATCH", f"/api/v1/{kind}/{record.pk}/", values, If_Match=f'"{record.version}"')
    record.refresh_from_db()
    return answer.status_code


def test_who_edits_a_customer_neither_gives_it_away_nor_dates_its_first_deal(company, edited):
    assert patch(company.sales1, "customers", edited, owner=company.sales2.pk) == 403
    assert patch(company.sales1, "customers", edited, first_deal_at="2026-01-31") == 400
    page = browser(company.sales1).post(
        reverse("customer_first_deal", args=[edited.pk]), {"date": "2026-01-31"}
    )
    assert page.status_code == 403
    assert (edited.owner, edited.first_deal_at) == (company.sales3, None)
    sheet = text_file(f"客户名称,负责人\n{edited.name},sales1\n")
    row = ImportRow._base_manager.get(job=run(company.sales1, sheet, mode="update"))
    edited.refresh_from_db()
    assert row.outcome == "failed" and edited.owner == company.sales3
    role = company.sales1.role.group
    role.permissions.remove(role.permissions.get(codename="transfer_customer"))
    new = {"name": "新客户有限公司", "owner": company.sales2.pk}
    assert Caller(company.sales1)("POST", "/api/v1/customers/", new).status_code == 403


def test_a_person_of_two_companies_is_moved_and_made_main_by_who_edits_both(company, theirs):
    mine, main = make_customer(company.sales1), make_contact(theirs)
    person, own = make_contact(theirs), make_contact(mine)
    services.link_contact(person, customer=mine, actor=SYSTEM)
    assert patch(company.sales1, "contacts", person, customer=mine.pk) == 403
    assert patch(company.sales1, "contacts", person, is_primary=True) == 403
    assert patch(company.sales1, "contacts", own, customer=theirs.pk) == 403
    page = reverse("contact_link", args=[own.pk])
    assert browser(company.sales1).post(page, {"customer": theirs.pk}).status_code == 403
    new = {"name": "新的人", "customer": theirs.pk}
    assert Caller(company.sales1)("POST", "/api/v1/contacts/", new).status_code == 403
    main.refresh_from_db()
    assert main.is_primary and not own.links.exists() and theirs.contacts.count() == 2
    assert (person.customer, own.customer) == (theirs, mine)


def test_a_hidden_parent_child_or_customer_of_an_address_is_not_named_with_a_link(company):
    hidden = make_customer(company.sales3, "看不见的公司")
    mine = make_customer(company.sales1, "中间的公司", parent=hidden)
    child = make_customer(company.sales3, "看不见的分公司", parent=mine)
    seller, chief = browser(company.sales1), browser(company.admin)
    seen, whole = (one.get(mine.get_absolute_url()).content.decode() for one in (seller, chief))
    for other in (hidden, child):
        link = f'href="{other.get_absolute_url()}"'
        assert link in whole and link not in seen, other
    assert child.name not in seen
    for address in ("opportunity_create", "quote_create"):
        url = f"{reverse(address)}?customer={hidden.pk}"
        assert hidden.name in chief.get(url).content.decode(), address
        assert hidden.name not in seller.get(url).content.decode(), address


def test_django_itself_is_answered_by_the_same_rule(company, theirs):
    assert company.sales1.has_perm("accounts.view_customer", theirs)
    assert not company.sales1.has_perm("accounts.change_customer", theirs)


def test_why_says_whether_one_may_edit(company, theirs, edited):
    client = browser(company.sales1)
    read, write = (
        client.get(reverse("customer_why", args=[one.pk])).content.decode() for one in (theirs, edited)
    )
    assert "You may read it." in read and "You may edit it." in write
