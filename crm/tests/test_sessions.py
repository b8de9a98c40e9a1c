"""Signed-in devices, and how fast access ends."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from accounts import services as accounts
from accounts.models import ActivityFile
from accounts.tests.factories import by, make_customer
from crm.events.actor import system
from crm.events.models import Event
from crm.identity import services
from crm.identity.models import UserSession
from crm.identity.services import create_token
from crm.identity.tasks import tidy_sessions
from crm.records.services import store_upload

pytestmark = pytest.mark.django_db
SYSTEM = system("test")
PASSWORD = "correct horse battery"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


@pytest.fixture
def me(company):
    services.set_password(company.sales1, PASSWORD, actor=SYSTEM)
    company.sales1.refresh_from_db()
    return company.sales1


def signed_in(user, agent=CHROME, login=None):
    client = Client(headers={"User-Agent": agent})
    answer = client.post(reverse("account_login"), {"login": login or user.username, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/").status_code == 200
    return client


def is_out(client):
    return client.get("/").status_code == 302


def test_the_list_shows_each_device_in_words(me):
    here = signed_in(me)
    signed_in(me, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0")
    page = here.get(reverse("settings_sessions")).content.decode()
    assert "Chrome · Windows" in page and "WeChat · iPhone" in page and "This device" in page


def test_one_signs_out_on_another_device_or_on_all_others(me):
    here, there, elsewhere = signed_in(me), signed_in(me), signed_in(me)
    other = UserSession._base_manager.get(session_key=there.session.session_key)
    here.post(reverse("session_end", args=[other.pk]))
    assert is_out(there) and not is_out(elsewhere)
    here.post(reverse("sessions_end"))
    assert is_out(elsewhere) and not is_out(here)
    assert Event._base_manager.filter(name="user.sessions_ended").count() == 2


def test_nobody_ends_the_sessions_of_others(me, company):
    here = signed_in(me)
    row = UserSession._base_manager.get()
    stranger = Client()
    stranger.force_login(company.sales2)
    assert stranger.post(reverse("session_end", args=[row.pk])).status_code == 404
    assert stranger.post(reverse("member_sessions", args=[me.pk])).status_code == 403
    assert not is_out(here)


def test_an_administrator_signs_somebody_out_everywhere(me, company):
    here = signed_in(me)
    admin = Client()
    admin.force_login(company.admin)
    admin.post(reverse("member_sessions", args=[me.pk]))
    assert is_out(here)


def test_a_new_password_ends_all_other_sessions_and_keeps_this_one(me):
    here, there = signed_in(me), signed_in(me)
    form = {"current": PASSWORD, "password": "another horse battery", "again": "another horse battery"}
    assert here.post(reverse("settings_password"), form).status_code == 302
    assert is_out(there) and not is_out(here)
    kept = UserSession._base_manager.get(user=me)
    assert kept.session_key == here.session.session_key  # the key was changed with the password


def test_signing_out_takes_the_device_off_the_list(me):
    here = signed_in(me)
    here.post(reverse("account_logout"))
    assert not UserSession._base_manager.filter(user=me).exists()


def test_access_ends_with_the_next_request_in_pages_api_and_downloads(me, company):
    customer = make_customer(me)
    upload = ContentFile(PNG, name="a.png")
    file = store_upload(upload, user=me, actor=by(me))
    done = accounts.log_follow_up(
        actor=by(me), author=me, kind="note", customer=customer, body="看了二号车间", files=[file]
    )
    attached = ActivityFile._base_manager.get(activity=done.activity)
    _token, secret = create_token(me, name="x", actor=by(me))
    bearer = {"Authorization": f"Bearer {secret}"}
    here = signed_in(me)
    urls = ("/", customer.get_absolute_url(), "/customers/?export=csv", "/api/v1/customers/")
    download = reverse("record_file_download", args=["activities", done.activity.pk, attached.pk])
    for url in (*urls, download):
        answer = here.get(url)
        assert answer.status_code == 200, url
        b"".join(answer)  # read to its end, a file is closed
    assert Client().get("/api/v1/customers/", headers=bearer).status_code == 200

    services.leave(me, {}, default=[company.sales2], actor=by(company.admin))

    for url in (*urls, download):
        assert here.get(url).status_code in (302, 401, 403), url
    assert Client().get("/api/v1/customers/", headers=bearer).status_code == 401
    services.reactivate_user(me, actor=by(company.admin))
    assert is_out(here)  # coming back does not bring old sessions back


def test_one_signs_in_by_mobile_number_if_it_is_ones_own(me, company):
    services.update_user(me, phone="138 0576 2218", actor=SYSTEM)
    for login in ("13805762218", "+86 138 0576 2218"):
        signed_in(me, login=login)
    services.update_user(company.sales2, phone="13805762218", actor=SYSTEM)
    answer = Client().post(reverse("account_login"), {"login": "13805762218", "password": PASSWORD})
    assert answer.status_code != 302  # nobody knows who is meant


def test_wrong_attempts_count_for_the_person_whichever_name_is_tried(me):
    services.update_user(me, phone="138 0576 2218", email="s1@example.com", actor=SYSTEM)
    names = [me.username, "s1@example.com", "13805762218", me.username.upper(), "+8613805762218"]
    for name in names:
        Client().post(reverse("account_login"), {"login": name, "password": "wrong"})
    answer = Client().post(reverse("account_login"), {"login": me.username, "password": PASSWORD})
    assert answer.status_code != 302 and "Too many" in answer.content.decode()


def test_what_ran_out_is_tidied_away(me):
    here = signed_in(me)
    here.session.flush()
    from datetime import timedelta

    from django.utils import timezone

    UserSession._base_manager.update(signed_in_at=timezone.now() - timedelta(hours=2))
    assert tidy_sessions() == 1
