"""Public forms by API: for administrators alone, by the rules of their page, wordings of consent kept."""

import pytest
from django.test import Client

from crm.identity.tests.factories import make_company
from crm.listing.rest.testing import Caller
from sales.models import Lead, WebForm

pytestmark = pytest.mark.django_db
URL = "/api/v1/forms/"
NEW = {
    "name": "官网咨询",
    "slug": "contact",
    "fields": [{"name": "phone", "required": True}, {"name": "need"}],
}


@pytest.fixture
def company():
    return make_company()


def test_a_form_is_set_up_changed_and_closed_and_people_fill_it_in(company):
    admin = Caller(company.admin)
    made = admin(
        "POST", URL, {**NEW, "owner": company.sales1.pk, "consent_zh": "同意联系", "consent_en": "I agree"}
    )
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["fields"][0] == {"name": "name", "required": True}  # a lead has a name
    assert (body["consent_version"], body["received"], body["address"][-11:]) == (1, 0, "/f/contact/")
    sent = {"name": "王敏", "phone": "13812345678", "key": "1", "consent": "on"}
    assert Client().post("/f/contact/", sent).status_code == 302
    assert Lead.objects.get().owner == company.sales1
    url = f"{URL}{body['id']}/"
    assert admin("PATCH", url, {"name": "x"}).status_code == 428
    changed = admin("PATCH", url, {"title_en": "Contact us", "version": 1}).json()
    assert (changed["title_en"], changed["fields"], changed["consent_version"]) == (
        "Contact us",
        body["fields"],
        1,
    )
    reworded = admin("PATCH", url, {"consent_zh": "新的说明", "version": changed["version"]}).json()
    assert (reworded["consent_zh"], reworded["consent_en"], reworded["consent_version"]) == (
        "新的说明",
        "I agree",
        2,
    )
    assert admin("PATCH", url, {"name": "x", "version": 1}).status_code == 409
    assert admin("PATCH", url, {"is_active": False}, If_Match="*").json()["received"] == 1
    assert Client().get("/f/contact/").status_code == 404
    assert admin("DELETE", url, If_Match="*").status_code == 405
    assert [row["id"] for row in admin("GET", URL).json()["results"]] == [body["id"]]


def test_only_administrators_reach_them(company):
    made = Caller(company.admin)("POST", URL, NEW).json()
    for who in (company.sales1, company.manager1, company.marketing1, company.exec):
        caller = Caller(who)
        for method, path in (
            ("GET", URL),
            ("POST", URL),
            ("GET", f"{URL}{made['id']}/"),
            ("PATCH", f"{URL}9/"),
        ):
            assert caller(method, path, NEW).status_code == 403
    assert WebForm.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields": []}, {"fields": [{"name": "name"}]}, {"fields": [{"name": "phone"}, {"name": "owner"}]},
        {"fields": [{"name": "phone"}, {"name": "phone"}]}, {"fields": "phone"}, {"slug": "a b"}, {"slug": "../x"},
        {"slug": "taken"}, {"embed_origins": ["https://a.cn; script-src *"]}, {"embed_origins": ["javascript:alert(1)"]},
        {"redirect_url": "javascript:alert(1)"}, {"redirect_url": "//evil.example"}, {"owner": 999_999},
        {"source": "nowhere"}, {"name": ""}, {"consent_zh": "x" * 2001},
    ],
)  # fmt: skip
def test_what_a_form_cannot_be(company, wrong):
    admin = Caller(company.admin)
    assert admin("POST", URL, {**NEW, "slug": "taken"}).status_code == 201
    assert admin("POST", URL, NEW | wrong).status_code == 400
    assert WebForm.objects.count() == 1
