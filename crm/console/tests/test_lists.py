"""The lists of people and teams keep to the contract of every list; everybody may look."""

from typing import Any

import pytest
from django.urls import reverse

from crm.console.listings import TEAMS, USERS
from crm.events.recording import record_event
from crm.identity import services
from crm.identity.events import USER_SECOND_FACTOR_ADDED
from crm.identity.models import User
from crm.identity.tests.factories import SYSTEM, make_team, make_user
from crm.listing.testing import ListPageContract


class TestUserList(ListPageContract):
    listing = USERS
    insider = superior = "admin"
    outsider = forbidden = None

    def make(self, owner: User, number: int) -> Any:
        return make_user(f"person{number}", name=f"成员{number}")


class TestTeamList(ListPageContract):
    listing = TEAMS
    insider = superior = "admin"
    outsider = forbidden = None

    def make(self, owner: User, number: int) -> Any:
        return make_team(f"部门{number}")


@pytest.mark.django_db
def test_the_audit_log_speaks_the_readers_language(client, company):
    services.change_preferences(company.sales1, theme="dark", actor=SYSTEM)
    services.change_preferences(company.admin, language="zh-hans", actor=SYSTEM)
    client.force_login(company.admin)
    page = client.get("/settings/events/").content.decode()
    assert "深色" in page and "后台任务" in page
    assert "theme: " not in page and ">task<" not in page


@pytest.mark.django_db
def test_the_audit_log_says_which_second_factor_it_was(client, company):
    record_event(USER_SECOND_FACTOR_ADDED, company.sales1, actor=SYSTEM, payload={"type": "webauthn"})
    services.change_preferences(company.admin, language="zh-hans", actor=SYSTEM)
    client.force_login(company.admin)
    page = client.get("/settings/events/").content.decode()
    assert "类型：安全密钥" in page and "webauthn" not in page


@pytest.mark.django_db
def test_the_way_to_the_organisation_is_for_administrators(client, company):
    link = f'href="{reverse("organisation")}"'
    for url in (reverse("user_list"), reverse("team_list")):
        for person, offered in ((company.admin, True), (company.sales1, False)):
            client.force_login(person)
            assert (link in client.get(url).content.decode()) is offered, (url, person)
