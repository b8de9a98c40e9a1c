"""Deals that came in without a customer are given to one, many at once; deals that have one stay with it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Customer
from accounts.tests.factories import make_customer
from crm.identity.tests.factories import actor, make_company
from crm.listing.rest.testing import Caller
from crm.records.models import BackgroundJob
from sales.models import Opportunity
from sales.services.unnamed import unnamed_customer
from sales.tests.factories import make_opportunity, make_quote

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def deals(company):
    """Three deals of sales1 that wait for a customer, and one that has one."""
    home = unnamed_customer(company.sales1, actor=actor(company.sales1))
    return [
        *(make_opportunity(home, f"无主{n}") for n in range(3)),
        make_opportunity(make_customer(company.sales1)),
    ]


def name(user, deals, customer):
    client = Client()
    client.force_login(user)
    sent = {"ids": [one.pk for one in deals], "customer": customer.pk, "confirmed": "1"}
    client.post(reverse("opportunity_bulk", args=["name-customer"]), sent)
    return BackgroundJob.objects.order_by("-pk").first()


def test_many_deals_are_given_to_the_customer_they_turned_out_to_be_of(company, deals):
    target = make_customer(company.sales1, "苏州博远科技有限公司")
    waiting, settled = deals[:3], deals[3]
    accounts.plan_follow_up(
        kind="call", record=waiting[0], subject="问公司", due_at=timezone.now() + timedelta(1),
        author=company.sales1, actor=actor(company.sales1),
    )  # fmt: skip
    job = name(company.sales1, deals, target)
    assert (job.done, job.failed) == (3, 1)
    assert set(Opportunity.objects.filter(customer=target)) == set(waiting)
    assert settled.customer_id == Opportunity.objects.get(pk=settled.pk).customer_id
    (plan,) = target.activities.all()
    target.refresh_from_db()
    assert plan.subject == "问公司" and target.next_follow_up_at is not None
    assert target.lifecycle_stage == "opportunity"
    found = Caller(company.sales1)("GET", "/api/v1/opportunities/?q=博远").json()["results"]
    assert len(found) == 3
    client = Client()
    client.force_login(company.sales1)
    client.post(reverse("job_undo", args=[job.pk]))
    assert not Opportunity.objects.filter(customer=target).exists() and not target.activities.exists()


def test_nobody_hangs_a_deal_on_a_customer_they_may_not_change(company, deals):
    hidden, read = make_customer(company.sales3), make_customer(company.sales2, "只读公司")
    accounts_before = set(Opportunity.objects.values_list("pk", "customer"))
    name(company.sales1, deals, hidden)
    caller, url = Caller(company.sales1), f"/api/v1/opportunities/{deals[0].pk}/"
    answers = [caller("PATCH", url, {"customer": pk}, If_Match="*") for pk in (hidden.pk, 999_999)]
    assert [one.status_code for one in answers] == [400, 400] and answers[0].content == answers[1].content
    from crm.identity.services import share

    share(read, user=company.sales1, level="read", actor=actor(company.sales2))
    assert caller("PATCH", url, {"customer": read.pk}, If_Match="*").status_code == 403
    name(company.sales1, deals, read)
    assert set(Opportunity.objects.values_list("pk", "customer")) == accounts_before


def test_by_api_a_deal_is_named_once_and_one_that_was_offered_stays(company, deals):
    caller, target = Caller(company.sales1), make_customer(company.sales1)
    url = f"/api/v1/opportunities/{deals[0].pk}/"
    named = caller("PATCH", url, {"customer": target.pk, "need": "两台"}, If_Match="*")
    assert (named.json()["customer"], named.json()["need"]) == (target.pk, "两台")
    assert (
        caller("PATCH", url, {"customer": make_customer(company.sales1).pk}, If_Match="*").status_code == 400
    )
    make_quote(Customer.objects.get(external_id="deals-without-customer"), opportunity=deals[1])
    refused = caller("PATCH", f"/api/v1/opportunities/{deals[1].pk}/", {"customer": target.pk}, If_Match="*")
    assert refused.status_code == 400 and "customer" in refused.json()["errors"]
