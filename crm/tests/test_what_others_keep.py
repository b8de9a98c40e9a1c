"""What each keeps for themselves changes nothing on the pages of others: devices, mappings, stars, news and views."""

import re
from datetime import time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_customer
from crm.automation import kinds
from crm.automation.services import notify, preferences
from crm.console.services import star
from crm.console.views.org_import import KEPT as KEPT_SHEET
from crm.identity.models import User, UserSession
from crm.identity.services import assign
from crm.identity.tests.factories import SYSTEM, make_user
from crm.records.models import ImportTemplate
from crm.records.services import saved_views

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english(company):
    User._base_manager.update(language="en")


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text_of(person: User, url: str) -> str:
    answer = client_of(person).get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def keep_a_device(them: User, _seen: Any) -> None:
    UserSession._base_manager.create(
        user=them, session_key="theirs", agent="Mozilla/5.0 (Windows NT 10.0) Firefox/130"
    )


def keep_a_mapping(them: User, _seen: Any) -> None:
    ImportTemplate._base_manager.create(user=them, resource="customers", name="Their mapping")


def keep_a_star(them: User, seen: Any) -> None:
    star(them, seen, on=True)


def keep_a_view(them: User, _seen: Any) -> None:
    saved_views.create_view(them, listing="customer", name="Their view", params={"tier": ["A"]})


def hide_the_first_steps(them: User, _seen: Any) -> None:
    client_of(them).post(reverse("welcome"), {"answer": "hide"})


def choose_ways(them: User, _seen: Any) -> None:
    preferences.save_preferences(them, dict.fromkeys(kinds.KINDS, (True, True, True)))


def choose_a_rhythm(them: User, _seen: Any) -> None:
    preferences.save_rhythm(
        them, digest_in_app=True, digest_email=True, digest_at=time(5, 15), quiet_from=None, quiet_to=None
    )


def hear_news(them: User, _seen: Any) -> None:
    notify([them], kinds.TRANSFERRED, params={"actor": "Lin", "record": "Acme"}, dedupe="one")


# What is kept, the page it belongs on, and what tells of it there.
KEPT = {
    keep_a_device: ("settings_sessions", "Firefox"),
    keep_a_mapping: ("import_new", "Their mapping"),
    keep_a_star: ("settings", "Seen by both"),
    keep_a_view: ("customer_list", "Their view"),
    hide_the_first_steps: ("today", "Your first steps"),
    choose_ways: ("notification_preferences", r'name="([^"]+)" checked'),
    choose_a_rhythm: ("notification_preferences", r'name="digest_at" value="([^"]*)"'),
    hear_news: ("settings", r'aria-label="(\d+) unread'),
}


@pytest.mark.parametrize("keep", KEPT)
def test_what_one_keeps_is_on_ones_own_page_alone(company, keep):
    seen, (page, words) = make_customer(company.sales1, "Seen by both"), KEPT[keep]

    def told(person: User) -> list[str]:
        return re.findall(words, text_of(person, reverse(page)))

    mine, theirs = told(company.manager1), told(company.sales1)
    keep(company.sales1, seen)
    assert told(company.manager1) == mine and told(company.sales1) != theirs


def test_a_star_is_put_on_what_one_sees(company):
    hidden = make_customer(company.sales3)
    form = {"model": "accounts.customer", "id": hidden.pk, "on": "1"}
    tried = [
        client_of(who).post(reverse("star_record"), form).status_code
        for who in (company.sales1, company.sales3)
    ]
    assert tried == [404, 302]


def test_what_one_no_longer_sees_leaves_the_side_bar(company):
    seen = make_customer(company.sales1, "Seen by both")
    star(company.sales1, seen, on=True)
    assert seen.name in text_of(company.sales1, reverse("settings"))
    assign([seen], owner=company.sales3, team=company.south, actor=SYSTEM)
    assert seen.name not in text_of(company.sales1, reverse("settings"))


def test_a_sheet_of_people_waits_for_who_uploaded_it(company):
    """Its number in somebody else's session opens nothing."""
    people = SimpleUploadedFile("people.csv", "姓名,用户名\n周立诚,zhoulc\n".encode())
    first, page = client_of(company.admin), reverse("organisation_import")
    assert "zhoulc" in first.post(page, {"file": people}).content.decode()
    assert "zhoulc" in first.get(page).content.decode()
    other = client_of(make_user("admin2", "admin", company.company))
    session = other.session
    session[KEPT_SHEET] = first.session[KEPT_SHEET]
    session.save()
    answer = other.get(page)
    assert answer.status_code == 200 and "zhoulc" not in answer.content.decode()
