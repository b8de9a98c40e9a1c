"""The second factor: asked for where the role says so, by an app or a recovery code, each code once."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client, TestCase
from django.urls import reverse

from crm.events.actor import system
from crm.events.models import Event
from crm.identity import services
from crm.identity.models import Role

pytestmark = pytest.mark.django_db
SYSTEM = system("test")
PASSWORD = "correct horse battery"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/organisation/?member=1"}


@pytest.fixture(autouse=True)
def _asked_for(settings):
    settings.SECOND_FACTOR = True


@pytest.fixture
def admin(company):
    services.set_password(company.admin, PASSWORD, actor=SYSTEM)
    company.admin.refresh_from_db()
    return company.admin


def code_of(secret, ahead=0):
    counter = list(yield_hotp_counters_from_time())[-1] + ahead
    return format_hotp_value(hotp_value(secret, counter))


def sign_in(user):
    client = Client()
    answer = client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    return client, answer


def set_up(client):
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert answer.status_code == 302, answer.context["form"].errors
    codes = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    return secret, codes


def test_a_role_that_needs_it_gets_nowhere_without(admin, company):
    client, _answer = sign_in(admin)
    for url in ("/", "/customers/", "/settings/organisation/"):
        assert client.get(url)["Location"] == reverse("mfa_activate_totp")
    assert client.get("/api/v1/customers/").status_code == 403
    assert client.get("/customers/", headers=HTMX)["HX-Redirect"] == reverse("mfa_activate_totp")
    other = Client()
    other.force_login(company.sales1)
    assert other.get("/").status_code == 200


def test_it_is_set_up_once_and_asked_for_at_every_sign_in(admin):
    client, _answer = sign_in(admin)
    secret, codes = set_up(client)
    assert len(codes) == 10
    assert client.get("/").status_code == 200
    stored = Authenticator.objects.get(type="totp")
    assert secret not in str(stored.data)
    assert Event._base_manager.filter(name="user.second_factor_added").exists()
    again, answer = sign_in(admin)
    assert answer["Location"] == reverse("mfa_authenticate")
    assert again.get("/").status_code == 302
    assert again.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert again.get("/").status_code == 302
    assert again.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 302
    assert again.get("/").status_code == 200


def test_a_recovery_code_works_once(admin):
    client, _answer = sign_in(admin)
    _secret, codes = set_up(client)
    for expected in (200, 302):
        again, _answer = sign_in(admin)
        again.post(reverse("mfa_authenticate"), {"code": codes[0]})
        assert again.get("/").status_code == expected


def test_a_code_of_the_app_works_once(admin):
    client, _answer = sign_in(admin)
    secret, _codes = set_up(client)
    code = code_of(secret)
    for expected in (200, 302):
        again, _answer = sign_in(admin)
        again.post(reverse("mfa_authenticate"), {"code": code})
        assert again.get("/").status_code == expected


def test_who_needs_it_cannot_turn_it_off_but_an_administrator_resets_it(admin, company):
    client, _answer = sign_in(admin)
    set_up(client)
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 200
    assert Authenticator.objects.filter(user=admin).count() == 2
    other = Client()
    other.force_login(company.sales1)
    assert other.post(reverse("member_second_factor", args=[admin.pk])).status_code == 403
    client.post(reverse("member_second_factor", args=[admin.pk]))
    assert not Authenticator.objects.filter(user=admin).exists()
    assert Event._base_manager.filter(name="user.second_factor_removed").exists()
    assert client.get("/").status_code == 302  # and signed out


def test_others_turn_it_on_and_off_as_they_like(company):
    services.set_password(company.sales1, PASSWORD, actor=SYSTEM)
    client, _answer = sign_in(company.sales1)
    assert client.get(reverse("mfa_index")).status_code == 200
    set_up(client)
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 200
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(user=company.sales1).exists()


def test_a_dangerous_act_asks_again_after_a_while(settings, admin, company):
    settings.CONFIRM_MINUTES, settings.SECOND_FACTOR = 15, False
    client, _answer = sign_in(admin)
    url = reverse("member_password", args=[company.sales1.pk])
    assert client.post(url).status_code == 200  # the password was given just now
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - 16 * 60
    session.save()
    before = Event._base_manager.filter(name="user.password_changed").count()
    answer = client.post(url)
    assert answer.status_code == 302 and answer["Location"].startswith(reverse("account_reauthenticate"))
    answer = client.post(url, headers=HTMX)
    assert answer["HX-Redirect"].startswith(reverse("account_reauthenticate"))
    assert Event._base_manager.filter(name="user.password_changed").count() == before
    assert client.get(reverse("account_reauthenticate")).status_code == 200
    client.post(reverse("account_reauthenticate"), {"password": "wrong"})
    assert client.post(url).status_code == 302
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.post(url).status_code == 200


def test_the_roles_that_need_it_are_seeded():
    needed = set(Role.objects.filter(needs_second_factor=True).values_list("slug", flat=True))
    assert needed == {"admin", "finance", "executive"}
