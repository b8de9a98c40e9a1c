"""Follow-ups about leads and opportunities by API: written, found and kept from those who do not see the record."""

import pytest

from accounts.models import Activity
from accounts.tests.factories import make_customer
from crm.identity.tests.factories import make_company
from crm.listing.rest.testing import Caller
from sales.tests.factories import make_lead, make_opportunity

pytestmark = pytest.mark.django_db
URL = "/api/v1/activities/"
SAID = {"kind": "call", "body": "谈了交期和样机"}


@pytest.fixture
def company():
    return make_company()


def test_a_call_about_a_lead_or_a_deal_is_found_by_it(company):
    caller = Caller(company.sales1)
    lead, deal = make_lead(company.sales1), make_opportunity(make_customer(company.sales1))
    of_lead = caller("POST", URL, {**SAID, "lead": lead.pk}).json()
    planned = {
        "kind": "visit",
        "subject": "看产线",
        "due_at": "2030-06-15T10:00:00+08:00",
        "opportunity": deal.pk,
    }
    of_deal = caller("POST", URL, planned).json()
    assert (of_lead["lead"], of_lead["opportunity"], of_lead["customer"]) == (lead.pk, None, None)
    assert (of_deal["opportunity"], of_deal["customer"], of_deal["done_at"]) == (
        deal.pk,
        deal.customer_id,
        None,
    )
    lead.refresh_from_db()
    assert lead.last_activity_at is not None
    for query, made in ((f"lead={lead.pk}", of_lead), (f"opportunity={deal.pk}", of_deal)):
        assert [row["id"] for row in caller("GET", f"{URL}?{query}").json()["results"]] == [made["id"]]
    both = caller("POST", URL, {**SAID, "lead": lead.pk, "opportunity": deal.pk})
    assert both.status_code == 400 and "opportunity" in both.json()["errors"]
    other = caller(
        "POST", URL, {**SAID, "opportunity": deal.pk, "customer": make_customer(company.sales1).pk}
    )
    assert other.status_code == 400 and "customer" in other.json()["errors"]
    moved = caller(
        "PATCH",
        f"{URL}{of_lead['id']}/",
        {"lead": make_lead(company.sales1).pk, "version": of_lead["version"]},
    )
    assert moved.status_code == 400 and "lead" in moved.json()["errors"]
    same = caller(
        "PATCH",
        f"{URL}{of_lead['id']}/",
        {"lead": lead.pk, "outcome": "progress", "version": of_lead["version"]},
    )
    assert same.json()["outcome"] == "progress"


@pytest.mark.parametrize("name", ["lead", "opportunity"])
def test_a_record_one_does_not_see_is_none_at_all(company, name):
    hidden = make_lead(company.sales3) if name == "lead" else make_opportunity(make_customer(company.sales3))
    caller = Caller(company.sales1)
    writing = [caller("POST", URL, {**SAID, name: pk}) for pk in (hidden.pk, 999_999_999)]
    asking = [caller("GET", f"{URL}?{name}={pk}") for pk in (hidden.pk, 999_999_999)]
    assert [one.status_code for one in (*writing, *asking)] == [400] * 4
    assert writing[0].content == writing[1].content
    said = [str(one.json()["errors"]) for one in asking]
    assert said[0].replace(str(hidden.pk), "") == said[1].replace("999999999", "")
    assert not Activity.objects.exists()


def test_who_sees_a_follow_up_by_its_customer_alone_is_not_told_of_which_lead(company):
    lead, customer = make_lead(company.sales3), make_customer(company.sales1)
    made = Caller(company.sales3)("POST", URL, {**SAID, "lead": lead.pk}).json()
    assert made["lead"] == lead.pk
    Activity.objects.filter(pk=made["id"]).update(customer=customer)
    caller = Caller(company.sales1)
    (row,) = caller("GET", URL).json()["results"]
    assert (row["id"], row["customer"], row["lead"]) == (made["id"], customer.pk, None)
    assert caller("GET", f"{URL}{made['id']}/").json()["lead"] is None


def test_a_page_of_follow_ups_asks_once_which_records_are_seen(company, django_assert_max_num_queries):
    caller = Caller(company.sales1)
    for _number in range(3):
        caller("POST", URL, {**SAID, "lead": make_lead(company.sales1).pk})
    with django_assert_max_num_queries(14):
        rows = caller("GET", URL).json()["results"]
    assert len({row["lead"] for row in rows}) == 3


def test_roles_without_leads_are_not_offered_to_filter_by_them(company):
    answer = Caller(company.service1)("GET", f"{URL}?lead=1")
    assert answer.status_code == 400
