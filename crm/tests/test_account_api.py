"""By API: signed-in devices, temporary cover, masked values with a reason, handing over; with the rights of the pages."""

import json
import time

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Customer
from accounts.tests.factories import make_customer
from crm.core.clock import company_today
from crm.events.actor import system
from crm.events.models import Event
from crm.identity import services
from crm.identity.models import Cover, HandOver, Role, UserSession
from crm.listing.rest.testing import Caller
from crm.records.models import IdempotencyKey

pytestmark = pytest.mark.django_db
SYSTEM = system("test")
PASSWORD = "correct horse battery"
PHONE = "+8613805762218"


def signed_in(user, password=PASSWORD):
    services.set_password(user, password, actor=SYSTEM) if not user.check_password(password) else None
    client = Client()
    login = {"login": user.username, "password": password}
    assert client.post(reverse("account_login"), login).status_code == 302
    return client


def sent(client, method, path, data=None):
    return getattr(client, method)(path, data, content_type="application/json")


def test_one_sees_and_ends_ones_own_devices(company):
    here, there, elsewhere = (signed_in(company.sales1) for _ in range(3))
    signed_in(company.sales2)
    rows = here.get("/api/v1/sessions/").json()["results"]
    assert [row["current"] for row in rows].count(True) == 1 and len(rows) == 3
    key = UserSession._base_manager.get(session_key=there.session.session_key)
    assert here.delete(f"/api/v1/sessions/{key.pk}/").status_code == 204
    assert there.get("/api/v1/sessions/").status_code == 401
    assert here.post("/api/v1/sessions/end-others/").status_code == 204
    assert elsewhere.get("/api/v1/sessions/").status_code == 401
    assert here.get("/api/v1/sessions/").status_code == 200
    foreign = UserSession._base_manager.get(user=company.sales2)
    for method in ("get", "delete"):
        assert getattr(here, method)(f"/api/v1/sessions/{foreign.pk}/").status_code == 404
    assert UserSession._base_manager.filter(pk=foreign.pk).exists()


def test_an_administrator_ends_the_sessions_of_others(company):
    theirs = signed_in(company.sales1)
    assert (
        Caller(company.sales2)("POST", f"/api/v1/users/{company.sales1.pk}/end-sessions/").status_code == 403
    )
    assert theirs.get("/").status_code == 200
    assert (
        Caller(company.admin)("POST", f"/api/v1/users/{company.sales1.pk}/end-sessions/").status_code == 204
    )
    assert theirs.get("/").status_code == 302


def test_covers_are_made_seen_and_ended_by_whom_they_concern(company):
    today = company_today().isoformat()
    body = {"by": company.sales3.pk, "first_date": today, "last_date": today}
    me, other, third = Caller(company.sales1), Caller(company.sales3), Caller(company.sales2)
    made = me("POST", "/api/v1/covers/", body)
    assert made.status_code == 201 and made.json()["away"] == company.sales1.pk
    path = f"/api/v1/covers/{made.json()['id']}/"
    assert [len(c("GET", "/api/v1/covers/").json()["results"]) for c in (me, other, third)] == [1, 1, 0]
    assert other("GET", path).status_code == 200
    assert third("GET", path).status_code == third("DELETE", path).status_code == 404
    assert (
        me(
            "POST", "/api/v1/covers/", {**body, "by": company.sales2.pk, "away": company.sales2.pk}
        ).status_code
        == 403
    )
    assert me("POST", "/api/v1/covers/", body).status_code == 400  # covers already
    assert other("DELETE", path).status_code == 204
    assert not Cover.objects.exists()
    set_by_admin = Caller(company.admin)("POST", "/api/v1/covers/", {**body, "away": company.sales2.pk})
    assert set_by_admin.status_code == 201 and Cover.objects.get().user == company.sales2


@pytest.fixture
def masked(company):
    role = Role.objects.get(slug="salesperson")
    services.save_field_rights(role, {("accounts.customer", "phone"): "masked"}, actor=SYSTEM)
    policy = role.policies.get(model="accounts.customer")
    services.save_policies(role, {policy.model: ([*policy.verbs, "reveal"], policy.scope)}, actor=SYSTEM)
    return make_customer(company.sales1, "Masked", phone=PHONE)


def test_a_masked_value_is_had_with_a_reason_that_is_kept(company, masked):
    me, path = Caller(company.sales1), f"/api/v1/customers/{masked.pk}/reveal/"
    for wrong in ({"field": "phone", "reason": "x"}, {"field": "phone"}, {"reason": "asked to call back"}):
        assert me("POST", path, wrong).status_code == 400
    for field in ("address", "name", "owner_id", "search_text", "cf_none"):
        assert me("POST", path, {"field": field, "reason": "asked to call back"}).status_code == 403
    assert not Event._base_manager.filter(name="field.revealed").exists()
    answer = me("POST", path, {"field": "phone", "reason": "asked to call back"})
    assert answer.json() == {"field": "phone", "value": PHONE}
    event = Event._base_manager.get(name="field.revealed")
    assert event.payload["reason"] == "asked to call back" and PHONE not in json.dumps(event.payload)
    keyed = [me("POST", path, {"field": "phone", "reason": "once more"}, Idempotency_Key="k") for _n in "ab"]
    assert all(one.json() == answer.json() for one in keyed)
    assert Event._base_manager.filter(name="field.revealed").count() == 3  # each look is kept,
    assert not IdempotencyKey._base_manager.exists()  # and what was seen is not
    assert Caller(company.sales3)("POST", path, {"field": "phone", "reason": "asked"}).status_code == 404
    reading = Caller(company.sales1, read_only=True)
    assert reading("POST", path, {"field": "phone", "reason": "asked to call back"}).status_code == 403


def test_nobody_harvests_masked_values(settings, company, masked, monkeypatch):
    """After some within an hour a browser's session confirms who it is; after many nobody sees more, by token either."""
    from crm.records.services import revealing

    settings.CONFIRM_MINUTES = 15
    monkeypatch.setattr("crm.records.services.MANY", 2)
    monkeypatch.setattr(revealing, "MOST", 4)
    client = signed_in(company.sales1)
    path, body = f"/api/v1/customers/{masked.pk}/reveal/", {"field": "phone", "reason": "asked to call back"}
    page = reverse("field_reveal", args=["accounts.customer", masked.pk, "phone"])
    assert sent(client, "post", path, body).status_code == client.post(page, body).status_code == 200
    age(client)
    assert sent(client, "post", path, body).json()["code"] == "confirmation_required"
    assert client.post(page, body).status_code == 302
    in_the_drawer = client.post(page, body, headers={"HX-Request": "true"})
    assert in_the_drawer.headers["HX-Redirect"].startswith(reverse("account_reauthenticate"))
    assert Event._base_manager.filter(name="field.revealed").count() == 2
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert sent(client, "post", path, body).status_code == 200
    token = Caller(company.sales1)
    assert token("POST", path, body).status_code == 200
    assert token("POST", path, body).status_code == 409
    assert client.post(page, body).status_code == 422
    assert Event._base_manager.filter(name="field.revealed").count() == 4


def age(client):
    """As if the password had been given a while ago."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - 16 * 60
    session.save()


def test_dangerous_acts_by_the_browsers_session_ask_again_tokens_do_not(settings, company):
    settings.CONFIRM_MINUTES = 15
    client, token = signed_in(company.admin), Caller(company.admin)
    age(client)
    person = f"/api/v1/users/{company.sales2.pk}/"
    new = {"username": "new.one", "name": "New", "role": company.sales2.role_id, "password": PASSWORD}
    for method, path, data in (
        ("patch", person, {"name": "Other"}),
        ("post", "/api/v1/users/", new),
        ("post", f"{person}leave/", {}),
        ("post", f"{person}reset-second-factor/", {}),
        ("post", "/api/v1/exports/", {"resource": "customers"}),
    ):
        answer = sent(client, method, path, data)
        assert (answer.status_code, answer.json()["code"]) == (403, "confirmation_required"), path
    company.sales2.refresh_from_db()
    assert (company.sales2.name, company.sales2.is_active) == ("Sales2", True)
    assert token("POST", "/api/v1/users/", new).status_code == 201


def test_pages_that_give_rights_or_let_data_out_ask_again(settings, company):
    settings.CONFIRM_MINUTES = 15
    client = signed_in(company.admin)
    age(client)
    asked = reverse("account_reauthenticate")
    one = company.sales2.pk
    for url in (
        reverse("member_add"),
        reverse("organisation_confirm"),
        reverse("member_save", args=[one]),
        reverse("member_password", args=[one]),
        reverse("member_leave", args=[one]),
        reverse("member_return", args=[one]),
        reverse("member_second_factor", args=[one]),
        reverse("access_add", args=[one]),
        reverse("role_add"),
        reverse("role_edit", args=["salesperson"]),
        reverse("role_delete", args=["salesperson"]),
        reverse("settings_tokens"),
        reverse("export_new"),
        reverse("mfa_activate_totp"),
        reverse("mfa_add_webauthn"),
    ):
        answer = client.post(url, {"name": "x"})
        assert answer.status_code == 302 and asked in answer["Location"], url


def test_an_address_for_new_passwords_is_not_changed_unasked(settings, company):
    """A session left open must not be enough to have the next password sent elsewhere."""
    settings.CONFIRM_MINUTES = 15
    client = signed_in(company.sales1)
    age(client)
    values = {"name": "Sales1", "email": "thief@example.com", "phone": ""}
    assert client.post(reverse("settings"), values)["Location"].startswith(reverse("account_reauthenticate"))
    company.sales1.refresh_from_db()
    assert company.sales1.email != "thief@example.com"
    harmless = {"name": "Sales One", "email": company.sales1.email, "phone": company.sales1.phone}
    assert client.post(reverse("settings"), harmless)["Location"] == reverse("settings")


def test_handing_over_is_previewed_and_done(company):
    for number in range(3):
        make_customer(company.sales1, f"Held {number}")
    path = f"/api/v1/users/{company.sales1.pk}/"
    heirs = {"heirs": {"accounts.customer": [company.sales2.pk, company.sales3.pk]}}
    assert Caller(company.manager1)("POST", f"{path}leave-preview/", heirs).status_code == 403
    admin = Caller(company.admin)
    parts = admin("POST", f"{path}leave-preview/", heirs).json()
    shares = {part["taker"]: part["count"] for part in parts if part["model"] == "accounts.customer"}
    assert shares == {company.sales2.pk: 2, company.sales3.pk: 1}
    assert not HandOver.objects.exists()
    assert Customer._base_manager.filter(owner=company.sales1).count() == 3
    done = admin("POST", f"{path}leave/", heirs)
    assert done.status_code == 200 and len(done.json()["items"]) == 3
    assert Customer._base_manager.filter(owner=company.sales2).count() == 2
    company.sales1.refresh_from_db()
    assert not company.sales1.is_active


def test_all_of_it_stands_in_the_schema():
    paths = Client().get("/api/v1/schema/?format=json").json()["paths"]
    for path in (
        "/api/v1/sessions/",
        "/api/v1/sessions/{id}/",
        "/api/v1/sessions/end-others/",
        "/api/v1/covers/",
        "/api/v1/covers/{id}/",
        "/api/v1/customers/{id}/reveal/",
        "/api/v1/contacts/{id}/reveal/",
        "/api/v1/users/{id}/leave-preview/",
        "/api/v1/users/{id}/end-sessions/",
        "/api/v1/users/{id}/reset-second-factor/",
    ):
        assert path in paths, path
