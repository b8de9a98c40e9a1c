import datetime

import pytest

from accounts.listings import CONTACTS, CUSTOMERS
from accounts.models import Customer
from accounts.tests.factories import make_contact, make_customer, make_tag
from crm.listing.rest.testing import Caller, ResourceContract
from crm.records.models import Industry

ROOT = "/api/v1/customers/"


class TestCustomers(ResourceContract):
    path, listing = ROOT, CUSTOMERS
    new = {"name": "新客户有限公司"}
    change = {"address": "余杭区良睦路 1288 号"}

    def make(self, owner, number):
        return make_customer(owner)


class TestContacts(ResourceContract):
    path, listing = "/api/v1/contacts/", CONTACTS
    change = {"title": "总经理"}

    def make(self, owner, number):
        return make_contact(make_customer(owner))

    def new_body(self, company):
        return {"customer": make_customer(company.sales1).pk, "name": "沈立群"}

    def test_the_main_contact_is_another_one_never_nobody(self, company):
        one = make_contact(make_customer(company.sales1))
        call, path = Caller(company.sales1), f"{self.path}{one.pk}/"
        refused = call("PATCH", path, {"is_primary": False}, If_Match="*")
        assert refused.status_code == 400 and list(refused.json()["errors"]) == ["is_primary"]
        other = make_contact(one.customer)
        made = call("PATCH", f"{self.path}{other.pk}/", {"is_primary": True}, If_Match="*")
        assert made.json()["is_primary"] and not call("GET", path).json()["is_primary"]


@pytest.mark.django_db
class TestCustomersInDetail:
    def test_a_name_is_enough_and_the_rest_follows(self, company):
        made = Caller(company.sales1)("POST", ROOT, {"name": "杭州云栖精密机械有限公司"})
        body = made.json()
        assert made.status_code == 201, body
        assert (body["owner"], body["team"]) == (company.sales1.pk, company.east.pk)
        assert body["region"].startswith("3301") and body["kind"] == "company"
        assert body["custom"] == {} and body["tags"] == [] and body["tier"] is None

    def test_reference_data_is_understood_by_code_and_by_name(self, company):
        call, tag = Caller(company.sales1), make_tag("标杆")
        industry = Industry._base_manager.filter(parent__isnull=False).first()
        body = {"name": "一家公司", "region": "杭州市", "industry": industry.name, "tags": ["标杆"]}
        made = call("POST", ROOT, body).json()
        assert (made["region"], made["industry"], made["tags"]) == ("330100", industry.pk, [tag.pk])
        refused = call("POST", ROOT, {"name": "二", "region": "亚特兰蒂斯", "tags": [999999]})
        assert refused.status_code == 400 and set(refused.json()["errors"]) == {"region", "tags"}

    def test_a_bad_number_is_an_error_of_its_field(self, company):
        refused = Caller(company.sales1)("POST", ROOT, {"name": "一", "phone": "1380576221"})
        assert refused.status_code == 400 and set(refused.json()["errors"]) == {"phone"}
        assert not Customer.objects.exists()

    def test_a_hidden_parent_is_refused_like_an_absent_one(self, company):
        other, call = make_customer(company.sales3), Caller(company.sales1)
        hidden = call("POST", ROOT, {"name": "一", "parent": other.pk})
        absent = call("POST", ROOT, {"name": "一", "parent": 999999999})
        assert hidden.status_code == absent.status_code == 400 and hidden.content == absent.content

    def test_only_an_administrator_says_when_the_first_deal_was(self, company):
        customer = make_customer(company.sales1)
        change = {"first_deal_at": "2026-05-01", "tier": "A"}
        path = f"{ROOT}{customer.pk}/"
        refused = Caller(company.sales1)("PATCH", path, change, If_Match="*")
        assert refused.status_code == 400 and set(refused.json()["errors"]) == {"first_deal_at"}
        done = Caller(company.admin)("PATCH", path, change, If_Match="*").json()
        assert (done["first_deal_at"], done["tier"], done["lifecycle_stage"]) == (
            "2026-05-01",
            "A",
            "customer",
        )

    def test_the_stage_moves_with_a_reason(self, company):
        customer, call = make_customer(company.sales1), Caller(company.sales1)
        path = f"{ROOT}{customer.pk}/"
        refused = call("PATCH", path, {"lifecycle_stage": "sql"}, If_Match="*")
        assert set(refused.json()["errors"]) == {"lifecycle_reason"}
        done = call("PATCH", path, {"lifecycle_stage": "sql", "lifecycle_reason": "聊过"}, If_Match="*")
        assert done.json()["lifecycle_stage"] == "sql"

    def test_transfer_and_share(self, company):
        customer, call = make_customer(company.sales1), Caller(company.sales1)
        path = f"{ROOT}{customer.pk}/"
        assert call("POST", f"{path}share/", {"user": company.sales3.pk, "level": "edit"}).status_code == 200
        theirs = Caller(company.sales3)
        assert theirs("GET", path).status_code == 200
        for verb, body in (
            ("transfer", {"owner": company.sales3.pk}),
            ("share", {"user": company.sales2.pk}),
        ):
            assert theirs("POST", f"{path}{verb}/", body).status_code == 403
        assert call("POST", f"{path}unshare/", {"user": company.sales3.pk}).status_code == 200
        assert theirs("GET", path).status_code == 404
        moved = call("POST", f"{path}transfer/", {"owner": company.sales3.pk, "keep_reader": True})
        assert moved.status_code == 200 and moved.json()["owner"] == company.sales3.pk
        assert call("GET", path).status_code == 200
        assert call("PATCH", path, {"name": "x"}, If_Match="*").status_code == 403

    def test_a_deal_customer_is_not_deleted(self, company):
        customer = make_customer(company.sales1, first_deal_at=datetime.date(2026, 5, 1))
        refused = Caller(company.sales1)("DELETE", f"{ROOT}{customer.pk}/", If_Match="*")
        assert refused.status_code == 409 and Customer.objects.filter(pk=customer.pk).exists()

    def test_key_facts_are_written_and_read(self, company):
        customer, call = make_customer(company.sales1), Caller(company.sales1)
        facts = [{"label": "预算", "text": "155 万", "source": "6/10 拜访"}]
        done = call("PATCH", f"{ROOT}{customer.pk}/", {"highlights": facts}, If_Match="*")
        assert done.json()["highlights"] == facts
        listed = call("GET", ROOT).json()["results"][0]
        assert listed["highlights"] == facts


@pytest.mark.django_db
def test_a_customer_whose_facts_cannot_be_written_is_not_there_by_halves(company, monkeypatch):
    from django.test import Client

    def dies(*args, **values):
        raise RuntimeError("the power is cut")

    monkeypatch.setattr("accounts.services.set_highlights", dies)
    client = Client(raise_request_exception=False)
    client.force_login(company.sales1)
    body = {"name": "断电有限公司", "highlights": [{"label": "号", "text": "7"}]}
    answer = client.post("/api/v1/customers/", body, content_type="application/json")
    assert answer.status_code == 500
    assert not Customer._base_manager.filter(name="断电有限公司").exists()
