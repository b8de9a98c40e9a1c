from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.tests.factories import make_contact, make_customer
from crm.identity import services as identity
from crm.identity.tests.factories import make_company
from crm.listing.rest.testing import Caller, ResourceContract
from sales.listings.opportunities import OPPORTUNITIES
from sales.models import Opportunity
from sales.tests.factories import SYSTEM, make_opportunity, stage

pytestmark = pytest.mark.django_db
URL = "/api/v1/opportunities/"
TODAY = timezone.localdate()


@pytest.fixture
def company():
    return make_company()


@pytest.fixture
def deal(company):
    customer = make_customer(company.sales1)
    return make_opportunity(
        customer, "V3", amount=Decimal(1000), need="x", contact=make_contact(customer), source="ad",
        expected_close_date=TODAY + timedelta(30), competitor="友商",
    )  # fmt: skip


class TestOpportunities(ResourceContract):
    path = URL
    listing = OPPORTUNITIES
    forbidden = "service1"
    change = {"name": "改名"}

    @pytest.fixture(autouse=True)
    def customer(self, company):
        self.new = {"name": "二期", "customer": make_customer(company.sales1).pk}

    def make(self, owner, number):
        return make_opportunity(make_customer(owner), f"deal {number}")


def send(user, url, body=None, method="POST"):
    return Caller(user)(method, url, body or {})


def test_a_deal_by_the_contract(company):
    customer = make_customer(company.sales1)
    made = send(company.sales1, URL, {"name": "二期", "customer": customer.pk, "amount": "250000.50"})
    assert made.status_code == 201
    body = made.json()
    assert body["amount"] == "250000.50" and body["currency"] == "CNY" and body["status"] == "open"
    assert (body["stage"], body["probability"], body["forecast_category"]) == (
        stage("Qualify").pk,
        10,
        "pipeline",
    )
    assert (body["owner"], body["team"]) == (company.sales1.pk, company.east.pk)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "-1"),
        ("amount", "9" * 30),
        ("currency", "XTS"),
        ("expected_close_date", "soon"),
        ("name", ""),
    ],
)
def test_bad_values_are_named_by_field(company, field, value):
    body = {"name": "二期", "customer": make_customer(company.sales1).pk} | {field: value}
    refused = send(company.sales1, URL, body)
    assert refused.status_code == 400
    assert field in refused.json()["errors"]


def test_a_hidden_customer_is_no_customer_and_a_shared_one_may_only_be_read(company):
    hidden, shared = make_customer(company.sales3), make_customer(company.sales3)
    identity.share(shared, user=company.sales1, level="read", actor=SYSTEM)
    absent = send(company.sales1, URL, {"name": "x", "customer": 987654321})
    found = send(company.sales1, URL, {"name": "x", "customer": hidden.pk})
    assert found.status_code == absent.status_code == 400
    assert found.json()["errors"] == absent.json()["errors"]
    assert send(company.sales1, URL, {"name": "x", "customer": shared.pk}).status_code == 403


def test_move_win_lose_and_reopen(company, deal):
    at = f"{URL}{deal.pk}/"
    moved = send(company.sales1, f"{at}move/", {"stage": stage("Discovery").pk}).json()
    assert (moved["stage"], moved["probability"]) == (stage("Discovery").pk, 30)
    stale = send(company.sales1, f"{at}move/", {"stage": stage("Proposal").pk, "version": deal.version})
    assert stale.status_code == 409
    assert send(company.sales1, f"{at}lose/", {}).status_code == 400
    lost = send(company.sales1, f"{at}lose/", {"reason": "competitor", "competitor": "海外品牌"}).json()
    assert (lost["status"], lost["forecast_category"], lost["closed_at"]) == (
        "lost",
        "omitted",
        TODAY.isoformat(),
    )
    assert send(company.sales1, f"{at}win/").status_code in (400, 409)
    assert send(company.sales1, f"{at}reopen/").json()["stage"] == stage("Discovery").pk
    won = send(company.sales1, f"{at}win/", {"reason": "price"}).json()
    assert (won["status"], won["probability"], won["forecast_category"]) == ("won", 100, "closed")
    assert send(company.sales3, f"{at}move/", {"stage": stage("Discovery").pk}).status_code == 404


def test_what_a_stage_asks_for_is_refused_with_its_field(company):
    bare = make_opportunity(make_customer(company.sales1))
    refused = send(company.sales1, f"{URL}{bare.pk}/move/", {"stage": stage("Discovery").pk})
    assert refused.status_code == 400
    assert "need" in refused.json()["errors"]
    assert Opportunity.objects.get(pk=bare.pk).stage == stage("Qualify")


def test_a_stage_of_another_kind_is_no_place_to_move_to(company, deal):
    refused = send(company.sales1, f"{URL}{deal.pk}/move/", {"stage": stage("Won").pk})
    assert refused.status_code == 400
