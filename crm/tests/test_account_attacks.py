"""Attacks on accounts: names guessed, factors skipped or tried out, access that outlives its person."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import by, make_customer
from crm.events.actor import system
from crm.events.models import Event
from crm.identity import services
from crm.identity.models import ApiToken, User
from crm.listing.exporting import jobs
from crm.listing.rest.testing import Caller
from crm.records.models import ExportJob
from crm.tests.test_second_factor import code_of, set_up, sign_in

pytestmark = pytest.mark.django_db
SYSTEM = system("test")
PASSWORD = "correct horse battery"
NUMBER = "13805762218"


@pytest.fixture
def me(company):
    services.set_password(company.sales1, PASSWORD, actor=SYSTEM)
    services.update_user(company.sales1, phone=NUMBER, email="s1@example.com", actor=SYSTEM)
    company.sales1.refresh_from_db()
    return company.sales1


def attempt(login, password="wrong", **more):
    return Client().post(reverse("account_login"), {"login": login, "password": password}, **more)


def words(answer):
    """What the page says, without what differs in every answer."""
    text = re.sub(r'value="[^"]*"', "", answer.content.decode())
    return re.sub(r"[A-Za-z0-9+/=_-]{20,}", "", text)


def test_54_a_number_somebody_has_reads_like_one_that_nobody_has(me, company, monkeypatch):
    """Known, unknown, shared by two, of somebody who left: the same words, and one password is hashed each time."""
    services.update_user(company.sales2, phone="13900000001", actor=SYSTEM)
    services.update_user(company.sales3, phone="13900000001", actor=SYSTEM)
    hashed = []
    check, make = User.check_password, User.set_password
    monkeypatch.setattr(User, "check_password", lambda self, raw: hashed.append(raw) or check(self, raw))
    monkeypatch.setattr(User, "set_password", lambda self, raw: hashed.append(raw) or make(self, raw))
    said = set()
    for login in (NUMBER, "13900000009", "13900000001", "1380576", "s1@example.com", "nobody@example.com"):
        hashed.clear()
        answer = attempt(login)
        said.add((answer.status_code, words(answer)))
        assert len(hashed) == 1, login
    assert len(said) == 1


def test_54_a_number_is_known_however_it_is_written(me):
    for login in (
        NUMBER,
        "138 0576 2218",
        "138-0576-2218",
        "+86 138 0576 2218",
        "0086 13805762218",
        "１３８０５７６２２１８",
    ):
        assert attempt(login, PASSWORD).status_code == 302, login
    for login in (NUMBER[:-1], f"{NUMBER}9", "%", "_", "138%"):
        assert attempt(login, PASSWORD).status_code == 200, login


def test_54_a_number_two_people_have_lets_neither_in_and_their_names_do(me, company):
    services.set_password(company.sales2, PASSWORD, actor=SYSTEM)
    services.update_user(company.sales2, phone=NUMBER, actor=SYSTEM)
    assert attempt(NUMBER, PASSWORD).status_code == 200
    assert (
        attempt(me.username, PASSWORD).status_code == attempt("s1@example.com", PASSWORD).status_code == 302
    )
    services.deactivate_user(company.sales2, actor=by(company.admin))
    assert attempt(NUMBER, PASSWORD).status_code == 302  # whoever left no longer counts


def test_55_a_reset_by_mail_does_not_skip_the_second_factor(me, settings):
    settings.SECOND_FACTOR, settings.EMAIL_CONFIGURED = True, True
    client, _answer = sign_in(me)
    secret, _codes = set_up(client)
    browser = Client()
    browser.post(reverse("account_reset_password"), {"email": "s1@example.com"})
    address = re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body)[1]
    target = browser.get(address, follow=True).redirect_chain[-1][0]
    new = "another horse battery"
    assert browser.post(target, {"password1": new, "password2": new}).status_code == 302
    assert browser.get("/").status_code == 302  # a reset signs nobody in
    answer = browser.post(reverse("account_login"), {"login": me.username, "password": new})
    assert answer["Location"] == reverse("mfa_authenticate")
    assert browser.get("/").status_code == 302 and browser.get("/api/v1/customers/").status_code == 401
    browser.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert browser.get("/").status_code == 200
    assert client.get("/").status_code == 302  # the sessions from before are over


def test_60_codes_are_not_tried_out(me, settings):
    """Five wrong ones, whatever the address they come from, and even the right one waits."""
    settings.SECOND_FACTOR = True
    client, _answer = sign_in(me)
    secret, codes = set_up(client)
    again, _answer = sign_in(me)
    for number in range(5):
        again.post(
            reverse("mfa_authenticate"), {"code": f"00000{number}"}, REMOTE_ADDR=f"10.0.0.{number + 1}"
        )
    for code in (code_of(secret), codes[0]):
        again.post(reverse("mfa_authenticate"), {"code": code}, REMOTE_ADDR="10.0.0.99")
        assert again.get("/").status_code == 302
    third, _answer = sign_in(me)
    third.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert third.get("/").status_code == 302  # a new attempt at signing in does not start the count anew


def test_48_secrets_of_the_second_factor_stand_nowhere(me, company, settings):
    settings.SECOND_FACTOR = True
    client, _answer = sign_in(me)
    secret, codes = set_up(client)
    admin = Caller(company.admin)
    told = "".join(
        admin("GET", path).content.decode()
        for path in (f"/api/v1/users/{me.pk}/", "/api/v1/users/", "/api/v1/events/")
    )
    told += str(list(Event._base_manager.values_list("changes", "private", "payload")))
    for word in (secret, *codes):
        assert word not in told


def test_58_whoever_is_disabled_gets_no_prepared_file_and_no_stream(me, company):
    make_customer(me, "Mine")
    job = jobs.request_export(me, "customer", file_format="csv", actor=by(me))
    jobs.run_export(job.pk)
    url, api = (reverse(name, args=[job.pk]) for name in ("export_download", "api-exports-download"))
    client, token = Client(), Caller(me)
    client.force_login(me)
    for answer in (client.get(url), client.get(api), token("GET", api), client.get("/customers/?export=csv")):
        assert answer.status_code == 200 and b"Mine" in b"".join(answer)
    services.deactivate_user(me, actor=by(company.admin))
    for answer in (client.get(url), client.get(api), token("GET", api), client.get("/customers/?export=csv")):
        assert answer.status_code in (302, 401)
    assert ExportJob._base_manager.get().state == "done"


def test_58_a_stream_that_has_begun_ends_with_its_person(me, company, monkeypatch):
    """Rows are read batch by batch; whoever is disabled between two of them gets no further one."""
    for number in range(3):
        make_customer(me, f"Customer {number}")
    monkeypatch.setattr("crm.listing.exporting.table.BATCH", 1)
    client = Client()
    client.force_login(me)
    stream = iter(client.get("/customers/?export=csv&sort=id"))
    next(stream)  # the headings
    first = next(stream)
    services.deactivate_user(me, actor=by(company.admin))
    rest = b"".join(stream)
    assert b"Customer 0" in first and b"Customer 2" not in rest


def test_69_tokens_end_with_their_time_and_their_person(me, company):
    token = Caller(me)
    assert token("GET", "/api/v1/customers/").status_code == 200
    ApiToken._base_manager.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert token("GET", "/api/v1/customers/").status_code == 401
    ApiToken._base_manager.update(expires_at=None)
    services.deactivate_user(me, actor=by(company.admin))
    services.reactivate_user(me, actor=by(company.admin))
    assert token("GET", "/api/v1/customers/").status_code == 401  # coming back does not bring it back
