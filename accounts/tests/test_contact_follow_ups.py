"""What one has to do with a contact, on the contact's page."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.tests.factories import SYSTEM, by, make_contact, make_customer
from crm.identity import services as identity

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def contact(company):
    return make_contact(make_customer(company.sales1, "杭州云栖精密机械有限公司"), "王敏")


def asked_by(user, contact):
    client = Client()
    client.force_login(user)
    return client.get(reverse("contact_follow_ups", args=[contact.pk]), headers=HTMX)


def write(company, contact, body, **values):
    me = company.sales1
    values.setdefault("customer", contact.customer)
    return services.log_follow_up(kind="call", contact=contact, body=body, author=me, actor=by(me), **values)


def test_what_is_planned_stands_above_what_was_said(company, contact):
    write(company, contact, "谈了节拍")
    services.plan_follow_up(
        actor=by(company.sales1),
        author=company.sales1,
        kind="visit",
        customer=contact.customer,
        contact=contact,
        subject="带样机试跑",
        due_at=timezone.now() + datetime.timedelta(days=2),
    )
    page = asked_by(company.sales1, contact).content.decode()
    assert page.index("带样机试跑") < page.index("谈了节拍")
    assert "<html" not in page


def test_only_those_with_this_person_and_the_last_ten(company, contact):
    other = make_contact(contact.customer, "李静")
    write(company, other, "和别人谈的")
    for number in range(11):
        write(company, contact, f"第{number}次")
    page = asked_by(company.sales1, contact).content.decode()
    assert "和别人谈的" not in page
    assert page.count("card-row") == 10
    assert f"?contact={contact.pk}" in page


def test_follow_ups_one_may_not_read_do_not_show(company, contact):
    """Who is let read the customer reads its follow-ups; the service desk sees the contact and no follow-up."""
    write(company, contact, "底价 38 万")
    assert asked_by(company.sales3, contact).status_code == 404
    assert "底价" not in asked_by(company.service1, contact).content.decode()
    identity.share(contact.customer, user=company.sales3, level="read", actor=SYSTEM)
    assert "底价" in asked_by(company.sales3, contact).content.decode()


def test_the_page_asks_for_them_only_where_they_may_be_read(company, contact):
    for who, asks in (("sales1", True), ("finance1", False)):
        services.set_first_deal(contact.customer, timezone.localdate(), actor=SYSTEM)
        client = Client()
        client.force_login(getattr(company, who))
        page = client.get(contact.get_absolute_url()).content.decode()
        assert (reverse("contact_follow_ups", args=[contact.pk]) in page) is asks
