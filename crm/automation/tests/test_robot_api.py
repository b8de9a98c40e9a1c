"""Robots of group chats by REST: as on the pages, for those who manage them; address and secret only go in."""

import pytest
from django.test import Client

from crm.automation.models import GroupRobot
from crm.automation.tests.group_chat import SECRET, lead, make_robot
from crm.events.models import Event

pytestmark = pytest.mark.django_db


class TestTheApi:
    ROOT = "/api/v1/group-robots/"
    ADDRESS = "https://oapi.dingtalk.com/robot/send?access_token=tok3n"

    def call(self, user, method, path="", values=None, **headers):
        client = Client()
        client.force_login(user)
        send = getattr(client, method)
        return send(f"{self.ROOT}{path}", values, content_type="application/json", headers=headers)

    def values(self, **more):
        values = {"name": "East", "kind": "dingtalk", "news": ["reminder"], "address": self.ADDRESS}
        return values | {"secret": SECRET, "shows_names": True} | more

    def test_made_changed_tried_and_deleted_with_secrets_that_never_come_back(self, company, chat):
        made = self.call(company.admin, "post", values=self.values(address=chat.address))
        assert made.status_code == 201, made.content
        row, path = made.json(), f"{made.json()['id']}/"
        assert row["hint"] == "127.0.0.1" and row["signs"] and row["shows_names"] and row["is_active"]
        changed = self.call(company.admin, "patch", path, {"name": "Ost", "version": row["version"]})
        assert changed.status_code == 200 and changed.json()["name"] == "Ost", changed.content
        assert self.call(company.admin, "post", f"{path}try/").json() == {"delivered": True}
        assert len(chat.seen) == 1  # by the address and the secret it kept
        read = self.call(company.admin, "get", path), self.call(company.admin, "get")
        for answer in (made, changed, *read):
            text = answer.content.decode()
            assert "tok3n" not in text and SECRET not in text and "sealed" not in text
            assert answer.status_code in (200, 201)
        for event in Event._base_manager.filter(name__startswith="robot."):
            assert "tok3n" not in str(event.__dict__) and SECRET not in str(event.__dict__)
        stale = self.call(company.admin, "patch", path, {"name": "West"}, **{"If-Match": '"1"'})
        assert stale.status_code == 412 and stale.json()["current"]["name"] == "Ost"
        assert self.call(company.admin, "delete", path, {}).status_code == 428
        gone = self.call(company.admin, "delete", path, {}, **{"If-Match": f'"{changed.json()["version"]}"'})
        assert gone.status_code == 204 and not GroupRobot.objects.exists()

    def test_what_cannot_be_is_refused_at_its_field(self, company):
        for field, value in (
            ("address", "http://example.com/x"),
            ("address", ""),
            ("kind", "slack"),
            ("news", ["nothing"]),
            ("team", 999_999),
        ):
            answer = self.call(company.admin, "post", values=self.values(**{field: value}))
            assert answer.status_code == 400 and field in answer.json()["errors"], (field, answer.content)
        assert not GroupRobot.objects.exists()

    def test_a_leader_manages_those_of_the_team_and_nobody_else_any(self, company):
        lead(company.east, company.manager1)
        whole = make_robot(company, news=["reminder"])
        own = make_robot(company, by=company.manager1, team=company.east, news=["reminder"])
        rows = self.call(company.manager1, "get").json()["results"]
        assert [row["id"] for row in rows] == [own.pk]
        for method in ("get", "patch", "delete"):
            assert self.call(company.manager1, method, f"{whole.pk}/", {}).status_code == 404
        far = self.call(company.manager1, "post", values=self.values(team=company.south.pk))
        assert far.status_code in (400, 409) and GroupRobot.objects.count() == 2
        for path in ("", f"{own.pk}/", "999999/"):
            assert self.call(company.sales1, "get", path).status_code == 403
        assert self.call(company.sales1, "post", f"{own.pk}/try/").status_code == 403
