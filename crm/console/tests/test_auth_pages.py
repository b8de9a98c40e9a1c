"""Signing in, failing to, and getting a new password."""

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from crm.events.models import Event
from crm.identity import services
from crm.identity.tests.factories import PASSWORD, SYSTEM, fresh, make_user

pytestmark = pytest.mark.django_db

LOGIN = "/auth/login/"


@pytest.fixture
def lin():
    return make_user("lin", email="lin@example.com")


def sign_in(client, login="lin", password=PASSWORD, **more):
    return client.post(LOGIN, {"login": login, "password": password, **more})


@pytest.mark.parametrize("login", ["lin", "lin@example.com", "LIN@Example.com", "  lin "])
def test_signing_in_by_user_name_or_address(client, lin, login):
    assert sign_in(client, login).status_code == 302
    assert client.get("/settings/").context["user"] == lin
    assert Event.objects.filter(name="user.signed_in", subject_id=str(lin.pk)).count() == 1


def test_there_is_no_sign_up():
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")


def test_a_wrong_password_and_an_unknown_name_read_the_same(client, lin):
    def body(login):
        html = sign_in(client, login, "wrong").content.decode()
        html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|X-CSRFToken": "\w+"|nonce="[^"]+"', "", html)
        return html.replace(f'value="{login}"', "")

    assert body("lin") == body("nobody")
    failed = Event.objects.filter(name="user.sign_in_failed")
    assert sorted(failed.values_list("subject_id", flat=True)) == ["", str(lin.pk)]
    assert "nobody" not in str([vars(e) for e in failed])  # an unknown name may be a password


def test_one_password_is_checked_whoever_asks(client, lin, monkeypatch):
    from django.contrib.auth.hashers import MD5PasswordHasher

    made = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *args: made.append(1) or encode(self, *args)
    )
    counts = []
    for login in ("lin", "lin@example.com", "nobody", "nobody@example.com"):
        made.clear()
        sign_in(client, login, "wrong")
        counts.append(len(made))
    assert counts == [1, 1, 1, 1]


def test_after_five_failures_even_the_right_password_waits(client, lin):
    for _attempt in range(5):
        sign_in(client, password="wrong")
    html = sign_in(client).content.decode()
    assert "5 minutes" in html
    assert not client.get("/settings/").wsgi_request.user.is_authenticated


def test_the_lock_holds_for_unknown_names_too(client):
    for _attempt in range(5):
        sign_in(client, "nobody", "wrong")
    html = sign_in(client, "nobody", "wrong").content.decode()
    assert "5 minutes" in html


def test_a_forged_address_does_not_lift_the_lock(client, lin):
    for attempt in range(6):
        forged = {"X-Forwarded-For": f"9.9.9.{attempt}"}
        response = client.post(LOGIN, {"login": "lin", "password": "wrong"}, headers=forged)
    html = response.content.decode()
    assert "5 minutes" in html


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "\\\\/evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
    ],
)
def test_next_never_leads_elsewhere(client, lin, target):
    response = client.post(f"{LOGIN}?next={target}", {"login": "lin", "password": PASSWORD, "next": target})
    assert urlsplit(response.headers["Location"]).netloc == ""
    assert response.headers["Location"].startswith("/")
    assert "evil" not in response.headers["Location"]


def test_next_leads_to_our_own_page(client, lin):
    assert client.get("/settings/tokens/").headers["Location"].endswith("?next=/settings/tokens/")
    response = client.post(LOGIN, {"login": "lin", "password": PASSWORD, "next": "/settings/tokens/"})
    assert response.headers["Location"] == "/settings/tokens/"


def test_the_session_gets_a_new_name_at_sign_in(client, lin):
    client.get(LOGIN)
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session.session_key != before


def test_signed_in_pages_are_not_cached(client, lin):
    sign_in(client)
    assert "no-store" in client.get("/settings/").headers["Cache-Control"]


HERE = {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/display/?a=1"}


def test_a_part_of_a_page_asked_for_signed_out_opens_the_sign_in_and_leads_back(client):
    answer = client.get("/settings/sections/", headers=HERE)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["HX-Redirect"] == f"{LOGIN}?next=%2Fsettings%2Fdisplay%2F%3Fa%3D1"


def test_what_was_to_be_saved_signed_out_stays_on_the_screen(client):
    answer = client.post("/settings/", {"name": "New"}, headers=HERE)
    assert answer.status_code == 401
    assert "Location" not in answer.headers and "HX-Redirect" not in answer.headers


def test_a_form_from_before_the_last_sign_in_says_so_and_saves_nothing(lin):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(lin)
    answer = browser.post("/settings/", {"name": "New", "csrfmiddlewaretoken": "x" * 32}, headers=HERE)
    assert answer.status_code == 403 and answer.headers["X-Page-Stale"]
    assert fresh(lin).name == lin.name


def test_logging_out_takes_a_post(client, lin):
    sign_in(client)
    client.get("/auth/logout/")
    assert client.get("/settings/").status_code == 200
    client.post("/auth/logout/")
    assert client.get("/settings/").status_code == 302


def test_whoever_was_deactivated_is_out_at_once_and_cannot_come_back(client, lin):
    sign_in(client)
    services.deactivate_user(lin, actor=SYSTEM)
    assert client.get("/settings/").status_code == 302
    sign_in(client)
    assert client.get("/settings/").status_code == 302


def test_without_e_mail_the_page_says_whom_to_ask(client, settings):
    settings.EMAIL_CONFIGURED = False
    services.update_company(help_text="IT, ext. 8011", actor=SYSTEM)
    assert "8011" in client.get("/auth/password/reset/").content.decode()
    client.post("/auth/password/reset/", {"email": "lin@example.com"})
    assert mail.outbox == []


def link(client, settings, host="testserver"):
    settings.EMAIL_CONFIGURED = True
    settings.ALLOWED_HOSTS = ["*"]
    client.post("/auth/password/reset/", {"email": "lin@example.com"}, HTTP_HOST=host)
    found = re.search(r"https?://\S+", mail.outbox[-1].body)
    return found.group()


def test_the_link_never_follows_a_forged_host(client, lin, settings):
    assert link(client, settings, "evil.example").startswith(settings.BASE_URL + "/auth/password/reset/key/")


def test_a_reset_link_works_once_and_ends_other_sessions(client, lin, settings):
    address = urlsplit(link(client, settings)).path
    page = client.get(address, follow=True)
    target = page.redirect_chain[-1][0]
    assert (
        client.post(target, {"password1": "brand-new-pass-9", "password2": "brand-new-pass-9"}).status_code
        == 302
    )
    assert fresh(lin).check_password("brand-new-pass-9")
    assert Event.objects.filter(name="user.password_changed", actor_id=str(lin.pk)).exists()
    again = client.get(address, follow=True)
    assert again.context["token_fail"] and 'name="password1"' not in again.content.decode()


def test_unknown_addresses_get_no_mail_and_the_same_answer(client, lin, settings):
    settings.EMAIL_CONFIGURED = True
    known = client.post("/auth/password/reset/", {"email": "lin@example.com"})
    unknown = client.post("/auth/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )
    assert [m.to for m in mail.outbox] == [["lin@example.com"]]


def test_deactivated_people_get_no_link(client, lin, settings):
    settings.EMAIL_CONFIGURED = True
    services.deactivate_user(lin, actor=SYSTEM)
    client.post("/auth/password/reset/", {"email": "lin@example.com"})
    assert mail.outbox == []


def test_a_password_set_by_an_administrator_is_changed_first(client, lin):
    services.set_password(lin, "temporary-pass-1", must_change=True, actor=SYSTEM)
    sign_in(client, password="temporary-pass-1")
    assert client.get("/settings/").headers["Location"] == "/auth/password/change/"
    assert client.get("/settings/", HTTP_HX_REQUEST="true").headers["HX-Redirect"] == "/auth/password/change/"
    assert client.get("/api/v1/users/").status_code == 403
    form = {"current": "temporary-pass-1", "password": "my-own-secret-7", "again": "my-own-secret-7"}
    assert client.post("/auth/password/change/", {**form, "current": "wrong"}).status_code == 422
    assert client.post("/auth/password/change/", form).status_code == 302
    assert client.get("/settings/").status_code == 200
    assert not fresh(lin).must_change_password


def test_the_language_switches_before_signing_in_and_stays(client):
    page = client.get(LOGIN, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Sign in" in page
    response = client.post("/i18n/setlang/", {"language": "zh-hans", "next": LOGIN})
    assert response.headers["Location"] == LOGIN
    assert 'lang="zh-CN"' in client.get(LOGIN, HTTP_ACCEPT_LANGUAGE="en").content.decode()


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil"])
def test_switching_the_language_never_leads_elsewhere(client, target):
    response = client.post("/i18n/setlang/", {"language": "en", "next": target})
    assert response.headers["Location"] == "/"
