"""Attacks that have worked on other systems, tried on everything that exists here: refused, and nothing written.

The numbers are those of docs/security.md. What has a test of its own elsewhere is named there.
"""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts import services
from accounts.models import Contact, Customer
from accounts.tasks import empty_bin
from crm.events.models import Event
from crm.identity import access
from crm.identity import services as identity
from crm.identity.models import Role, User
from crm.identity.shares import grant_models
from crm.identity.tests.factories import PASSWORD, SYSTEM, actor, fresh
from crm.tests.matrix import names, writes
from crm.tests.routes import ROUTES

pytestmark = pytest.mark.django_db

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ settings.SECRET_KEY }}{% load static %}",
    "=cmd|' /C calc'!A0",
    "Robert'); DROP TABLE accounts_customer;--",
    "a\r\nBcc: everybody@example.com",
]


@pytest.fixture
def browser(world):
    """Sign somebody of the company in."""

    def signed_in(username: str) -> Client:
        client = Client()
        client.force_login(getattr(world.company, username), backend="crm.identity.backends.CrmBackend")
        return client

    return signed_in


@pytest.fixture
def api(world):
    """Speak to the API as somebody of the company."""

    def speaking(username: str, **rights) -> Client:
        user = getattr(world.company, username)
        _token, secret = identity.create_token(user, name="attack", actor=actor(user), **rights)
        return Client(HTTP_AUTHORIZATION=f"Bearer {secret}")

    return speaking


def patch(client: Client, record, **values):
    body = json.dumps({**values, "version": record.version})
    return client.patch(f"/api/v1/{plural(record)}/{record.pk}/", body, content_type="application/json")


def plural(record) -> str:
    return {"customer": "customers", "contact": "contacts", "user": "users"}[record._meta.model_name]


# --- Whose records ---------------------------------------------------------------------------------------------------


def test_08_a_bulk_verb_with_foreign_ids_among_ones_own_touches_only_ones_own(world, browser):
    own, foreign = world.records["customer"]["own"], world.records["customer"]["other"]
    tag = world.records["tag"]["own"]
    browser("sales1").post(
        reverse("customer_bulk", args=["tag"]),
        {"ids": [own.pk, foreign.pk], "confirmed": "1", "add": [tag.pk]},
    )
    assert own.tag_links.count() == 1
    assert foreign.tag_links.count() == 0


def test_09_all_matching_with_a_forged_query_stays_within_the_scope(world, browser):
    foreign = world.records["customer"]["other"]
    for query in ("", "owner=none", f"owner={world.company.sales3.pk}", "view=all&q=company"):
        browser("sales1").post(
            reverse("customer_bulk", args=["delete"]), {"all": "1", "query": query, "confirmed": "1"}
        )
    assert Customer._base_manager.get(pk=foreign.pk).deleted_at is None
    assert Customer._base_manager.get(pk=world.records["customer"]["shared"].pk).deleted_at is None


@pytest.mark.parametrize(
    "query",
    [
        "owner__password__startswith=pbkdf2",
        "sort=owner__password",
        "ordering=owner__password",
        "depth=3",
        "expand=owner",
        "_connector=OR",
        "owner__is_superuser=true",
        "sort=name;select pg_sleep(9)",
        "q=x&fields=password",
    ],
)
def test_17_18_41_42_a_query_the_list_does_not_know_is_refused(browser, api, query):
    assert browser("sales1").get(f"/customers/?{query}").status_code == 400
    assert api("sales1").get(f"/api/v1/customers/?{query}").status_code == 400


@pytest.mark.parametrize("text", ["' OR 1=1 --", "\\", "%", "_", "a" * 199, "\x00", "((((", "😀", "％"])
def test_42_whatever_is_searched_for_is_answered(browser, text):
    for address in ("/customers/", "/contacts/", "/search/", "/palette/"):
        answer = browser("sales1").get(address, {"q": text}, headers={"HX-Request": "true"})
        assert answer.status_code in (200, 400), address


def test_16_counts_are_of_what_one_sees(browser):
    sizes = {
        who: browser(who).get("/customers/counts/?part=total").context["exact"]
        for who in ("sales1", "sales2", "sales3", "director")
    }
    assert sizes == {"sales1": 4, "sales2": 0, "sales3": 3, "director": 5}


# --- More than one may -----------------------------------------------------------------------------------------------


def test_25_fields_nobody_offers_cannot_be_slipped_in(world, api, browser):
    own, me = world.records["customer"]["own"], world.company.sales1
    before = Customer._base_manager.filter(pk=own.pk).values().get()
    foreign = world.company.sales3.team_id
    assert foreign != own.team_id
    answer = patch(
        api("sales1"),
        own,
        name="renamed",
        team=foreign,
        health_score=100,
        deleted_at="2020-01-01",
        created_at="2020-01-01T00:00:00Z",
    )
    after = Customer._base_manager.filter(pk=own.pk).values().get()
    assert (answer.status_code, after["name"]) == (200, "renamed"), (
        "what is offered is taken, the rest is not"
    )
    for name in ("team_id", "owner_id", "health_score", "deleted_at", "created_at"):
        assert after[name] == before[name], name

    browser("sales1").post("/settings/", {"name": "Me", "is_superuser": "on", "is_staff": "on", "role": "1"})
    assert (fresh(me).is_superuser, fresh(me).is_staff, fresh(me).role) == (False, False, me.role)


def test_25_an_owner_one_may_not_choose_is_refused(world, api):
    own = world.records["customer"]["own"]
    hidden = patch(api("finance1"), world.records["customer"]["deal"], owner=world.company.finance1.pk)
    assert hidden.status_code == 403
    absent = patch(api("sales1"), own, parent=world.records["customer"]["other"].pk)
    never = patch(api("sales1"), own, parent=987_654_321)
    assert absent.status_code == never.status_code == 400
    assert absent.json()["errors"] == never.json()["errors"], "a hidden parent reads like an absent one"


def test_26_27_no_way_from_contacts_or_users_to_somebody_elses_account(world, api):
    admin = world.company.admin
    contact = world.records["contact"]["own"]
    services.update_contact(
        Contact._base_manager.get(pk=contact.pk), email=admin.email or "boss@example.com", actor=SYSTEM
    )
    assert fresh(admin).email == admin.email
    body = json.dumps({"email": "mine@example.com", "role": "admin"})
    for address in (f"/api/v1/users/{admin.pk}/", f"/api/v1/users/{world.company.sales1.pk}/"):
        assert api("sales1").patch(address, body, content_type="application/json").status_code == 403
    made = json.dumps({"username": "mallory", "name": "M", "role": "admin", "password": PASSWORD})
    assert api("manager1").post("/api/v1/users/", made, content_type="application/json").status_code == 403
    assert not User._base_manager.filter(username="mallory").exists()


def test_29_a_grant_withdrawn_in_the_middle_of_a_session_is_gone_with_the_next_request(world, browser):
    shared = world.records["customer"]["shared"]
    client = browser("sales1")
    assert client.get(shared.get_absolute_url()).status_code == 200
    identity.unshare(shared, user=world.company.sales1, actor=SYSTEM)
    assert client.get(shared.get_absolute_url()).status_code == 404


def test_31_a_permission_on_the_model_alone_shows_no_foreign_row(world, browser):
    role = Role._base_manager.get(slug="salesperson")
    assert role.group.permissions.filter(codename="view_customer").exists()
    assert access.visible(Customer, fresh(world.company.sales2)).count() == 0


def test_32_a_number_used_again_inherits_no_grant(world):
    shared = world.records["customer"]["shared"]
    services.delete_customer(shared, actor=SYSTEM)
    Customer._base_manager.filter(pk=shared.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    empty_bin()
    assert not Customer._base_manager.filter(pk=shared.pk).exists()
    users, groups = grant_models(Customer)
    for grants in (users, groups):
        assert not grants._base_manager.filter(content_object_id=shared.pk).exists()


# --- What people type ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_35_39_40_what_people_type_stays_text(world, browser, api, text):
    client = browser("sales1")
    own = world.records["customer"]["own"]
    assert patch(api("sales1"), own, name=text).status_code == 200
    own.refresh_from_db()
    services.log_follow_up(
        kind="note", customer=own, body=text, subject=text[:40], author=world.company.sales1, actor=SYSTEM
    )
    record = client.get(own.get_absolute_url()).content.decode()
    assert escape(own.name) in record and escape(text.splitlines()[0]) in record
    for address in (own.get_absolute_url(), "/customers/", "/activities/", "/", f"/search/?q={own.name[:4]}"):
        html = client.get(address).content.decode()
        assert settings.SECRET_KEY not in html
        assert "<script>alert" not in html and "<img src=x" not in html, address


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 1_000_000),
        ("email", "a" * 10_000 + "@example.com"),
        ("phone", "1" * 100_000),
        ("size", 10**30),
    ],
)
def test_44_values_that_are_too_large_are_refused(world, api, field, value):
    own = world.records["customer"]["own"]
    client = api("sales1")
    client.get("/api/v1/customers/")  # when a token was last used is written now and then
    before = writes()
    answer = patch(client, own, **{field: value})
    assert answer.status_code == 400 and field in answer.json()["errors"]
    assert writes() == before


def test_44_bodies_that_are_too_deep_or_too_wide_are_refused(api, browser):
    deep = '{"custom":' * 2_000 + "1" + "}" * 2_000
    answer = api("sales1").post("/api/v1/customers/", deep, content_type="application/json")
    assert answer.status_code == 400
    many = {f"field{n}": "x" for n in range(5_000)}
    assert browser("sales1").post("/customers/new/", many).status_code in (400, 422)


# --- What leaves the house -------------------------------------------------------------------------------------------


def test_48_secrets_stand_in_no_answer_and_no_log(world, api, browser):
    user = world.company.sales1
    _token, secret = identity.create_token(user, name="mine", actor=actor(user))
    said = [
        api("admin").get("/api/v1/users/?page_size=200").content,
        api("admin").get("/api/v1/events/?page_size=200").content,
        browser("sales1").get("/settings/tokens/").content,
        browser("admin").get("/settings/events/").content,
    ]
    assert b"sales1" in said[0] and b"mine" in said[2], "the pages do speak of them"
    kept = json.dumps(list(Event._base_manager.values("changes", "private", "payload")), default=str)
    for text in (*[one.decode() for one in said], kept):
        assert secret not in text and user.password not in text and "argon2" not in text


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
    ],
)
def test_53_no_redirect_leads_elsewhere(browser, target):
    client = Client()
    page = client.post(
        f"/auth/login/?next={target}", {"login": "sales1", "password": PASSWORD, "next": target}
    )
    assert "evil" not in page.get("Location", "") and "javascript" not in page.get("Location", "")
    back = browser("sales1").post("/settings/preferences/", {"theme": "dark", "next": target})
    assert "evil" not in back.get("Location", "") and "javascript" not in back.get("Location", "")


def test_61_every_change_asks_for_the_token_of_its_own_page(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.company.sales1, backend="crm.identity.backends.CrmBackend")
    own = world.records["customer"]["own"]
    for name in ("customer_edit", "customer_delete", "customer_share"):
        address = reverse(name, args=[own.pk])
        assert client.post(address, {"name": "stolen"}).status_code == 403
    assert client.post("/api/v1/customers/", "{}", content_type="application/json").status_code in (401, 403)


def test_61_reading_never_writes(world, browser):
    """GET on every address without a number; exports alone record that they were taken."""
    client = browser("admin")
    client.get("/settings/")  # what is remembered of a person's visit is written once
    simple = [n for n in names() if not n.startswith("admin:") and n in ROUTES and ROUTES[n].method == "get"]
    for name in simple:
        route = ROUTES[name]
        if route.kind or route.kwargs or route.public or route.elsewhere:
            continue
        address = reverse(name)
        before = writes()
        client.get(address)
        assert writes() == before, f"GET {address} wrote"


def test_65_pages_of_signed_in_people_are_kept_by_no_cache(browser):
    for address in ("/", "/customers/", "/settings/", "/api/v1/customers/"):
        assert "no-store" in browser("sales1").get(address)["Cache-Control"]


def test_69_a_token_that_is_over_opens_nothing(world, api):
    user = world.company.sales1
    token, secret = identity.create_token(user, name="old", actor=actor(user))
    client = Client(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get("/api/v1/customers/").status_code == 200
    identity.revoke_token(token, actor=actor(user))
    assert client.get("/api/v1/customers/").status_code == 401
    assert Client(HTTP_AUTHORIZATION="Bearer yk_nonsense").get("/api/v1/customers/").status_code == 401
    reading = api("sales1", read_only=True)
    assert reading.post("/api/v1/customers/", "{}", content_type="application/json").status_code == 403
