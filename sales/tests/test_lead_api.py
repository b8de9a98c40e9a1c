import pytest

from accounts.models import Customer
from accounts.tests.factories import make_customer
from crm.identity.tests.factories import make_company
from crm.listing.rest.testing import Caller, ResourceContract
from crm.records.services.custom_fields import create_field
from sales.listings.leads import LEADS
from sales.models import Lead
from sales.tests.factories import SYSTEM, make_lead

pytestmark = pytest.mark.django_db
URL = "/api/v1/leads/"


@pytest.fixture
def company():
    return make_company()


class TestLeads(ResourceContract):
    path = URL
    listing = LEADS
    forbidden = "service1"
    new = {"name": "王敏", "wechat": "wm-1"}
    change = {"title": "采购经理"}

    def make(self, owner, number):
        return make_lead(owner, f"线索{number}")


def send(user, method, url, body=None):
    return Caller(user)(method.upper(), url, body or {})


def test_a_name_and_one_way_to_reach_them_make_a_lead_of_the_caller(company):
    assert send(company.sales1, "post", URL, {"name": "王敏"}).status_code == 400
    made = send(company.sales1, "post", URL, {"name": "王敏", "wechat": "wm-88", "source": "exhibition"})
    assert made.status_code == 201
    body = made.json()
    assert (body["owner"], body["team"], body["status"]) == (company.sales1.pk, company.east.pk, "new")
    assert body["score"] == "0.00" and body["last_source"] == "exhibition"


def test_the_same_number_again_is_a_conflict(company):
    make_lead(company.sales3, phone="13812345678")
    refused = send(company.sales1, "post", URL, {"name": "王敏", "phone": "13812345678"})
    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate")


def test_custom_values_travel_along(company):
    create_field(model="sales.lead", kind="text", label_zh="设备", key="machine", actor=SYSTEM)
    made = send(
        company.sales1, "post", URL, {"name": "王敏", "wechat": "wm", "custom": {"machine": "C200"}}
    ).json()
    assert made["custom"] == {"machine": "C200"}
    bad = send(company.sales1, "post", URL, {"name": "李娜", "wechat": "ln", "custom": {"nothing": 1}})
    assert bad.status_code == 400 and "custom" in bad.json()["errors"]


def test_status_moves_as_on_the_page(company):
    lead = make_lead(company.sales1)
    url = f"{URL}{lead.pk}/"

    def patch(**body):
        return send(company.sales1, "patch", url, {"version": Lead.objects.get().version, **body})

    assert patch(status="working").json()["status"] == "working"
    assert patch(status="disqualified").status_code == 400
    assert patch(status="disqualified", reason="no_need").json()["reason"] == "no_need"
    assert patch(status="converted").status_code == 400
    assert send(company.sales1, "patch", url, {"status": "working"}).status_code == 428


def test_handing_over_asks_for_the_right(company):
    lead = make_lead(company.marketing2)
    body = {"owner": company.sales1.pk, "version": lead.version}
    assert send(company.marketing2, "patch", f"{URL}{lead.pk}/", body).status_code == 403
    assert send(company.marketing1, "patch", f"{URL}{lead.pk}/", body).json()["owner"] == company.sales1.pk
    assert (
        send(company.marketing2, "post", URL, {"name": "a", "wechat": "b", "owner": 999999}).status_code
        == 400
    )


def test_converting_makes_a_customer_or_takes_one(company):
    lead = make_lead(company.sales1, company="苏州博远科技有限公司")
    answer = send(company.sales1, "post", f"{URL}{lead.pk}/convert/")
    assert answer.status_code == 200
    customer = Customer.objects.get()
    assert (answer.json()["customer"], customer.owner) == (customer.pk, company.sales1)
    assert send(company.sales1, "post", f"{URL}{lead.pk}/convert/").status_code == 409
    twin = make_lead(company.sales1, company="苏州博远科技有限公司")
    refused = send(company.sales1, "post", f"{URL}{twin.pk}/convert/")
    assert refused.status_code == 409 and refused.json()["matches"][0]["id"] == customer.pk
    taken = send(company.sales1, "post", f"{URL}{twin.pk}/convert/", {"customer": customer.pk})
    assert taken.json()["customer"] == customer.pk


def test_a_lead_goes_to_no_customer_out_of_reach(company):
    lead, foreign = make_lead(company.sales1), make_customer(company.sales3)
    hidden = send(company.sales1, "post", f"{URL}{lead.pk}/convert/", {"customer": foreign.pk})
    absent = send(company.sales1, "post", f"{URL}{lead.pk}/convert/", {"customer": 99999999})
    assert hidden.status_code == absent.status_code == 400 and hidden.content == absent.content
    assert Lead.objects.get().status == "new"
