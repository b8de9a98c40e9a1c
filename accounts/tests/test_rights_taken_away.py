"""What pages of customers, people and follow-ups show and offer by one right of a role goes with it, and with no other."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import Customer
from accounts.tests.factories import by, make_contact, make_customer, make_tag
from crm.identity.tests.rights import take, words_go_with_rights
from crm.listing.rest.testing import Caller
from crm.records.models import Region

pytestmark = pytest.mark.django_db
LATE = timedelta(hours=1)


@pytest.fixture
def world(company):
    """A customer of sales1 with two people, something done and something due."""
    me = company.sales1
    customer = make_customer(me, "苏州瑞宏电子有限公司")
    person = make_contact(customer, "周敏慧")
    said = {"actor": by(me), "author": me, "customer": customer}
    services.log_follow_up(kind="call", body="谈了二期的节拍", contact=person, **said)
    services.plan_follow_up(kind="call", subject="带样机试跑", due_at=timezone.now() - LATE, **said)
    return customer, person, make_contact(customer, "李静宜")


def test_a_page_says_and_offers_nothing_by_a_right_that_was_taken_away(company, world):
    """Who looks where, the right that is taken away, and what goes with it."""
    customer, person, other = world
    silent = make_customer(company.sales1, "久未联系的公司")
    Customer._base_manager.filter(pk=silent.pk).update(neglect_from=date(2025, 1, 1))
    record, todo, everybody = customer.get_absolute_url(), reverse("today"), reverse("customer_list")
    write = reverse("customer_follow_up", args=[customer.pk])
    looks = [
        ("sales1", reverse("customer_tags", args=[customer.pk]), "add_tag", 'name="new"'),
        ("sales1", everybody, "add_customer", "view=mine"),
        ("sales1", everybody, "view_activity", "谈了二期的节拍"),
        ("sales1", record, "view_contact", other.name),
        ("sales1", record, "add_contact", reverse("contact_create", args=[customer.pk])),
        ("sales1", record, "view_activity", "谈了二期的节拍"),
        (
            "sales1",
            reverse("customer_timeline", args=[customer.pk]),
            "view_contact",
            f'<option value="{other.pk}"',
        ),
        ("sales1", write, "add_activity", "<form"),
        ("sales1", person.get_absolute_url(), "view_activity", 'id="contact-follow-ups"'),
        ("sales1", reverse("contact_create", args=[customer.pk]), "add_contact", "<form"),
        ("sales1", f"{reverse('customer_suggest')}?name=瑞宏", "add_customer change_contact", customer.name),
        ("sales1", f"{reverse('people_suggest')}?q=sales2", "add_activity", "Sales2"),
        ("sales1", todo, "view_activity", 'id="follow-ups"'),
        ("sales1", todo, "view_activity", "带样机试跑"),
        ("sales1", todo, "view_customer", silent.name),
        ("sales1", todo, "view_customer", 'id="neglected"'),
        ("manager1", todo, "view_activity", "?who=team"),
    ]
    words_go_with_rights(company, looks)


def test_the_number_beside_today_is_of_follow_ups_one_may_read(company, world):
    client = Client()
    client.force_login(company.sales1)

    def count():
        nav = client.get(reverse("customer_list")).context["shell"]["nav"]
        return next(one["count"] for one in nav if one["key"] == "today")

    assert count() == 1
    take(company.sales1, "view_activity")
    assert not count()


def test_what_one_may_not_read_is_none_at_all(company):
    """Regions by their code and name, tags by their number and name."""
    region, tag, call = Region.objects.get(code="330100"), make_tag("重点客户"), Caller(company.sales1)
    named = [{"region": region.pk}, {"region": region.full_name}, {"tags": [tag.pk]}, {"tags": [tag.name]}]

    def answers():
        found = []
        for one in named:
            with transaction.atomic():
                found.append(call("POST", "/api/v1/customers/", {"name": "新的", **one}).status_code)
                transaction.set_rollback(True)
        return found

    assert answers() == [201] * 4
    take(company.sales1, "view_region view_tag")
    assert answers() == [400] * 4


def test_who_sees_no_tags_takes_none_off(company):
    customer, tag = make_customer(company.sales1), make_tag("重点客户")
    services.tag_customers([customer], add=[tag], actor=by(company.sales1))
    take(company.sales1, "view_tag")
    mine = Client()
    mine.force_login(company.sales1)
    assert mine.post(reverse("customer_tags", args=[customer.pk]), {"new": ""}).status_code == 302
    at = f"/api/v1/customers/{customer.pk}/"
    customer.refresh_from_db()
    assert Caller(company.sales1)("PATCH", at, {"tags": [], "version": customer.version}).status_code == 200
    assert set(customer.tags.all()) == {tag}
