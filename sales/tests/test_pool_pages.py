"""The pool in the browser and by API: one click takes a record, a reason gives it back."""

import pytest

from accounts.tests.factories import make_contact, make_customer
from crm.identity.services import create_token
from crm.identity.tests.factories import SYSTEM, actor
from sales import services
from sales.models import AssignmentGroup, AssignmentRule, Lead, PoolStay
from sales.tests.factories import make_lead

pytestmark = pytest.mark.django_db
PHONE = "13812345678"


@pytest.fixture
def pool(company):
    return services.create_pool("East pool", serves=company.east, is_default=True, actor=SYSTEM)


def give_back(record):
    return services.return_to_pool(record, reason="unreachable", actor=SYSTEM)


def api(client, user):
    _token, text = create_token(user, name="test", actor=actor(user))

    def call(method, path, data=None):
        headers = {"Authorization": f"Bearer {text}"}
        return getattr(client, method)(
            f"/api/v1/{path}", data, content_type="application/json", headers=headers
        )

    return call


def test_the_overview_shows_both_kinds_and_what_one_may_claim(client, company, pool):
    lead = give_back(make_lead(company.sales1, "王五", company="云杉网络", phone=PHONE))
    customer = give_back(make_customer(company.sales1, "星河智能", phone=PHONE))
    client.force_login(company.sales2)
    page = client.get("/pool/").content.decode()
    assert lead.name in page and customer.name in page
    assert "138****5678" in page.replace(" ", "") and PHONE not in page.replace(" ", "")
    assert f"/leads/{lead.pk}/claim/" in page
    client.force_login(company.director)
    page = client.get("/pool/").content.decode()
    assert lead.name in page and "/claim/" not in page
    client.force_login(company.finance1)
    assert client.get("/pool/").status_code == 403


def test_a_pool_makes_nobody_the_leader_of_its_members(client, company, pool):
    client.force_login(company.sales2)
    assert "who=team" not in client.get("/").content.decode()
    client.force_login(company.manager1)
    assert "who=team" in client.get("/").content.decode()


def test_one_click_claims(client, company, pool):
    customer = give_back(make_customer(company.sales1))
    client.force_login(company.sales2)
    answer = client.post(f"/customers/{customer.pk}/claim/", headers={"HX-Request": "true"})
    assert answer.status_code == 204 and "listChanged" in answer["HX-Trigger"]
    customer.refresh_from_db()
    assert customer.owner == company.sales2
    again = client.post(f"/customers/{customer.pk}/claim/", headers={"HX-Request": "true"})
    assert "HX-Trigger" in again and PoolStay.objects.count() == 1


def test_a_reason_gives_it_back(client, company, pool):
    customer = make_customer(company.sales1)
    client.force_login(company.sales1)
    assert client.post(f"/customers/{customer.pk}/return-to-pool/", {"reason": ""}).status_code == 422
    answer = client.post(
        f"/customers/{customer.pk}/return-to-pool/", {"reason": "no_budget", "note": "明年再谈"}
    )
    assert answer.status_code == 302
    stay = PoolStay.objects.get(customer=customer)
    assert (stay.from_user, stay.reason, stay.note) == (company.sales1, "no_budget", "明年再谈")


def test_who_loses_sight_of_what_they_give_back_goes_on_in_the_pool(client, company):
    services.create_pool("South pool", serves=company.south, is_default=True, actor=SYSTEM)
    customer = make_customer(company.sales1)
    client.force_login(company.sales1)
    answer = client.post(f"/customers/{customer.pk}/return-to-pool/", {"reason": "no_budget"})
    assert answer.url == "/pool/"
    client.force_login(company.admin)
    assert "South pool" in client.get("/pool/").content.decode()


def test_only_who_administers_sees_an_empty_pool_of_others(client, company, pool):
    for person, seen in ((company.admin, True), (company.sales1, True), (company.sales3, False)):
        client.force_login(person)
        assert ("East pool" in client.get("/pool/").content.decode()) is seen, person


def test_managers_keep_records_and_nobody_keeps_their_own(client, company, pool):
    customer = make_customer(company.sales1)
    client.force_login(company.sales1)
    assert client.post(f"/customers/{customer.pk}/lock/").status_code == 403
    client.force_login(company.manager1)
    assert client.post(f"/customers/{customer.pk}/lock/").status_code == 302
    customer.refresh_from_db()
    assert customer.protection.is_locked
    panel = client.get(f"/customers/{customer.pk}/panels/right/pool/").content.decode()
    assert 'value="unlock"' in panel


def test_many_are_claimed_as_far_as_the_day_allows(client, company, pool):
    services.update_pool(pool, claims_a_day=2, actor=SYSTEM)
    leads = [give_back(make_lead(company.sales1)) for _number in range(3)]
    client.force_login(company.sales2)
    client.post("/pool/leads/bulk/claim/", {"ids": [lead.pk for lead in leads], "confirmed": "1"})
    assert sorted(str(type(one).objects.get(pk=one.pk).owner) for one in leads).count("Sales2") == 2


def test_customers_over_the_api(client, company, pool):
    customer = make_customer(company.sales1, phone=PHONE, email="office@example.com")
    make_contact(customer, "王伟", phone=PHONE)
    mine, other, foreign = (api(client, user) for user in (company.sales1, company.sales2, company.sales3))
    path = f"customers/{customer.pk}"
    assert mine("post", f"{path}/return-to-pool/", {}).status_code == 400
    assert mine("post", f"{path}/return-to-pool/", {"reason": "other"}).status_code == 400
    assert other("post", f"{path}/return-to-pool/", {"reason": "no_need"}).status_code == 404
    assert mine("post", f"{path}/claim/").status_code == 409
    back = mine("post", f"{path}/return-to-pool/", {"reason": "no_need", "note": ""})
    assert (back.status_code, back.json()["owner"]) == (200, None)
    assert back.json()["phone"] == "138****5678"
    assert other("get", f"{path}/").json()["email"] == "o***@example.com"
    assert other("get", f"contacts/?customer={customer.pk}").json()["results"][0]["phone"] == "138****5678"
    assert other("get", "customers/?q=1381234").json()["results"] == []
    assert other("post", f"{path}/return-to-pool/", {"reason": "no_need"}).status_code == 403
    assert foreign("post", f"{path}/claim/").status_code == 404
    refused = mine("post", f"{path}/claim/")
    assert (refused.status_code, refused.json()["code"]) == (409, "cooling")
    taken = other("post", f"{path}/claim/")
    assert (taken.status_code, taken.json()["owner"], taken.json()["phone"]) == (
        200,
        company.sales2.pk,
        customer.phone,
    )
    assert other("post", f"{path}/claim/").status_code == 409


def test_leads_over_the_api(client, company, pool):
    lead = make_lead(company.sales1, phone=PHONE)
    mine, other, lead_of = (api(client, user) for user in (company.sales1, company.sales2, company.manager1))
    path = f"leads/{lead.pk}"
    assert mine("post", f"{path}/claim/").status_code == 409
    back = mine("post", f"{path}/return-to-pool/", {"reason": "unreachable", "note": "三次未接"})
    assert (back.status_code, back.json()["owner"], back.json()["phone"]) == (200, None, "138****5678")
    assert lead_of("get", f"{path}/").json()["phone"] == lead.phone
    taken = other("post", f"{path}/claim/")
    assert (taken.status_code, taken.json()["owner"], taken.json()["phone"]) == (
        200,
        company.sales2.pk,
        lead.phone,
    )
    assert mine("post", f"{path}/claim/").status_code == 404
    assert other("post", f"{path}/accept/").status_code == 409
    given = other("post", f"{path}/assign/", {"owner": company.sales1.pk})
    assert given.json()["owner"] == company.sales1.pk
    by_rules = mine("post", f"{path}/assign/")
    assert by_rules.status_code == 200
    assert by_rules.json()["owner"] is None  # no rules: to the pool


def test_chosen_leads_are_assigned_by_the_rules(client, company, pool):
    group = AssignmentGroup._base_manager.create(name="one")
    group.members.create(user=company.sales2)
    AssignmentRule._base_manager.create(name="all", group=group)
    leads = [make_lead(company.sales1) for _number in range(2)]
    client.force_login(company.manager1)
    client.post("/leads/bulk/assign-by-rules/", {"ids": [one.pk for one in leads], "confirmed": "1"})
    assert Lead.objects.filter(owner=company.sales2).count() == 2
