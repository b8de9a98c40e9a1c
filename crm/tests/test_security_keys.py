"""Security keys as the second factor: added with a name, used beside codes, removed unless they are the last."""

import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from crm.events.actor import system
from crm.events.models import Event
from crm.identity import services
from crm.tests.soft_key import SoftKey

pytestmark = pytest.mark.django_db
SYSTEM = system("test")
PASSWORD = "correct horse battery"
HOST = "crm.example.com"


@pytest.fixture(autouse=True)
def _asked_for(settings):
    settings.SECOND_FACTOR = True
    settings.ALLOWED_HOSTS = [HOST]


@pytest.fixture
def admin(company):
    services.set_password(company.admin, PASSWORD, actor=SYSTEM)
    company.admin.refresh_from_db()
    return company.admin


def sign_in(user):
    client = Client(headers={"Host": HOST})
    client.defaults |= {"wsgi.url_scheme": "https", "HTTP_REFERER": f"https://{HOST}/"}
    answer = client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    return client, answer


def options_of(page):
    found = re.search(
        r'<script id="key-options" type="application/json">(.*?)</script>', page.content.decode()
    )
    return json.loads(found[1])


def add(client, key, name=""):
    options = options_of(client.get(reverse("mfa_add_webauthn")))["creation_options"]
    return client.post(reverse("mfa_add_webauthn"), {"name": name, "credential": key.add(options)})


def use(client, key, url="mfa_authenticate"):
    options = options_of(client.get(reverse(url)))["request_options"]
    return client.post(reverse(url), {"credential": key.use(options)})


def test_a_key_meets_what_the_role_asks_for_and_lets_one_in(admin):
    client, _answer = sign_in(admin)
    assert client.get("/")["Location"] == reverse("mfa_activate_totp")
    assert reverse("mfa_add_webauthn") in client.get(reverse("mfa_activate_totp")).content.decode()
    key = SoftKey()
    assert add(client, key, "Blue key")["Location"] == reverse("mfa_view_recovery_codes")
    assert len(client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]) == 10
    assert client.get("/").status_code == 200
    again, answer = sign_in(admin)
    assert answer["Location"] == reverse("mfa_authenticate")
    assert again.get("/").status_code == 302
    assert use(again, key).status_code == 302
    assert again.get("/").status_code == 200
    page = again.get(reverse("mfa_index")).content.decode()
    assert "Blue key" in page and "last used" in page
    event = Event._base_manager.get(name="user.second_factor_added")
    assert event.payload == {"type": "webauthn"}


def test_a_strange_key_another_site_and_an_old_answer_are_refused(admin):
    client, _answer = sign_in(admin)
    key = SoftKey()
    add(client, key)
    for wrong in (SoftKey(), SoftKey("https://evil.example.com"), SoftKey("http://crm.example.com")):
        wrong.id = key.id
        if wrong.origin != key.origin:
            wrong.private = key.private
        again, _answer = sign_in(admin)
        assert use(again, wrong).status_code == 200
        assert again.get("/").status_code == 302
    again, _answer = sign_in(admin)
    answer = key.use(options_of(again.get(reverse("mfa_authenticate")))["request_options"])
    assert again.post(reverse("mfa_authenticate"), {"credential": answer}).status_code == 302
    third, _answer = sign_in(admin)
    third.get(reverse("mfa_authenticate"))
    assert third.post(reverse("mfa_authenticate"), {"credential": answer}).status_code == 200
    assert third.get("/").status_code == 302


def test_nonsense_for_a_key_is_refused_without_a_crash(admin):
    client, _answer = sign_in(admin)
    for text in (
        "{}",
        "[]",
        "null",
        '"x"',
        "{",
        '{"id": 1, "rawId": 2, "response": {}, "type": "public-key"}',
    ):
        client.get(reverse("mfa_add_webauthn"))
        assert (
            client.post(reverse("mfa_add_webauthn"), {"name": "x", "credential": text}).status_code == 200
        ), text
    assert not Authenticator.objects.exists()
    add(client, SoftKey())
    for text in ("{}", "[]", "null", "{"):
        again, _answer = sign_in(admin)
        again.get(reverse("mfa_authenticate"))
        assert again.post(reverse("mfa_authenticate"), {"credential": text}).status_code == 200, text
        assert again.get("/").status_code == 302


def test_several_keys_are_named_renamed_and_removed_but_not_the_last(admin):
    client, _answer = sign_in(admin)
    add(client, SoftKey(), "One")
    add(client, SoftKey())
    one, two = Authenticator.objects.filter(type="webauthn").order_by("pk")
    assert (str(one), two.wrap().name.endswith("2")) == ("One", True)
    client.post(reverse("mfa_edit_webauthn", args=[one.pk]), {"name": "Blue"})
    one.refresh_from_db()
    assert str(one) == "Blue"
    assert "Blue" in client.get(reverse("mfa_remove_webauthn", args=[one.pk])).content.decode()
    client.post(reverse("mfa_remove_webauthn", args=[one.pk]))
    client.post(reverse("mfa_remove_webauthn", args=[two.pk]))
    assert list(Authenticator.objects.filter(type="webauthn")) == [two]
    assert client.get("/").status_code == 200


def test_nobody_touches_the_keys_of_others(admin, company):
    client, _answer = sign_in(admin)
    add(client, SoftKey(), "Mine")
    key = Authenticator.objects.get(type="webauthn")
    stranger = Client(headers={"Host": HOST})
    stranger.force_login(company.sales1)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert stranger.get(reverse(name, args=[key.pk])).status_code == 404
        assert stranger.post(reverse(name, args=[key.pk]), {"name": "Yours"}).status_code == 404
    key.refresh_from_db()
    assert str(key) == "Mine"


def test_a_reset_holds_for_the_very_next_request_in_every_session(admin, company):
    """Even in a session that nobody noted down, what was proven before counts no more."""
    here, _answer = sign_in(admin)
    key = SoftKey()
    add(here, key)
    there, _answer = sign_in(admin)
    use(there, key)
    unnoted = Client(headers={"Host": HOST})
    unnoted.force_login(admin)
    services.forget_session(unnoted.session.session_key)
    for client in (here, there, unnoted):
        assert client.get("/").status_code == 200
    other = services.create_user(
        "admin2", name="Second", role=admin.role, team=admin.team, password=PASSWORD, actor=SYSTEM
    )
    second, _answer = sign_in(other)
    add(second, SoftKey())
    assert second.post(reverse("member_second_factor", args=[admin.pk])).status_code == 302
    for client in (here, there):
        assert client.get("/")["Location"].startswith(reverse("account_login"))
    assert unnoted.get("/")["Location"] == reverse("mfa_activate_totp")
    assert unnoted.get("/api/v1/customers/").status_code == 403


def test_a_key_confirms_a_dangerous_act(settings, admin, company):
    settings.CONFIRM_MINUTES = 15
    client, _answer = sign_in(admin)
    key = SoftKey()
    add(client, key)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 16 * 60
    session.save()
    url = reverse("member_password", args=[company.sales1.pk])
    assert client.post(url).status_code == 302
    assert (
        reverse("mfa_reauthenticate_webauthn")
        in client.get(reverse("account_reauthenticate")).content.decode()
    )
    assert use(client, key, "mfa_reauthenticate_webauthn").status_code == 302
    assert client.post(url).status_code == 200
