"""Robots in group chats: what they say to whom, in each vendor's format, and what becomes of what does not arrive."""

import base64
import datetime
import hashlib
import hmac
import http.server
import json
import socket
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client, override_settings
from django.utils import timezone

from crm.automation import kinds, services
from crm.automation.connectors import CONNECTORS, Outcome
from crm.automation.models import GroupRobot, RobotMessage
from crm.core import egress
from crm.core.egress import Answer
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity.models import Team
from crm.identity.tests.factories import actor, make_company

pytestmark = pytest.mark.django_db

SECRET = "SECb1f0c8"
NEWS = kinds.Kind(
    "news", "News", "News of %(record)s", group="%(person)s: due", group_many="%(count)s for %(person)s"
)


@pytest.fixture(autouse=True)
def _news(monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "news", NEWS)


@pytest.fixture
def company():
    return make_company()


def lead(team, leader):
    Team._base_manager.filter(pk=team.pk).update(leader=leader)


def make_robot(company, *, by=None, **values):
    by = by or company.admin
    values = {
        "name": "East",
        "kind": "dingtalk",
        "team": None,
        "news": ["news"],
        "address": "https://oapi.dingtalk.com/robot/send?access_token=tok3n",
        "secret": SECRET,
        "language": "en",
        **values,
    }
    return services.save_robot(None, by=by, actor=actor(by), **values)


def tell(users, dedupe="one", **values):
    params = {
        "record": "云杉网络",
        "what": "offer of 2,000,000",
        "phone": "13812345678",
        **values.pop("params", {}),
    }
    return services.notify(
        users, NEWS, params=params, dedupe=dedupe, body="secret words", url="/activities/7/", **values
    )


class GroupChat(http.server.BaseHTTPRequestHandler):
    """A group chat that checks what the vendor's documentation asks for, and answers as the vendor does."""

    def do_POST(self):
        chat = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chat.seen.append((self.path, body))
        answer = chat.answer if chat.answer is not None else getattr(self, chat.kind)(body)
        self.send_response(chat.status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def wecom(self, body):
        assert urlsplit(self.path).query == "key=tok3n"
        ok = set(body) == {"msgtype", "text"} and body["msgtype"] == "text"
        return {"errcode": 0 if ok and len(body["text"]["content"].encode()) <= 2048 else 40008}

    def dingtalk(self, body):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        signed = f"{query['timestamp']}\n{SECRET}".encode()
        sign = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        near = abs(int(query["timestamp"]) / 1000 - timezone.now().timestamp()) < 3600
        good = query["sign"] == sign and near and query["access_token"] == "tok3n"
        return {"errcode": 0 if good and body["text"]["content"] and not body["at"]["isAtAll"] else 310000}

    def feishu(self, body):
        key = f"{body['timestamp']}\n{SECRET}".encode()
        sign = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
        near = abs(int(body["timestamp"]) - timezone.now().timestamp()) < 3600
        good = body["sign"] == sign and near and body["msg_type"] == "text" and body["content"]["text"]
        return {"code": 0 if good else 19021, "msg": "success"}

    def log_message(self, *args):
        pass


@pytest.fixture
def chat():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), GroupChat)
    server.seen, server.status, server.kind, server.answer = [], 200, "dingtalk", None
    server.address = f"http://127.0.0.1:{server.server_port}/robot/send?access_token=tok3n"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    with override_settings(EGRESS_LOOPBACK=True):
        yield server
    server.shutdown()
    server.server_close()


class TestVendors:
    @pytest.mark.parametrize(
        ("kind", "path"),
        [
            ("wecom", "/cgi-bin/webhook/send?key=tok3n"),
            ("dingtalk", "/robot/send?access_token=tok3n"),
            ("feishu", "/open-apis/bot/v2/hook/tok3n"),
        ],
    )
    def test_each_gets_what_its_documentation_asks_for(self, company, chat, kind, path):
        chat.kind = kind
        robot = make_robot(company, kind=kind, address=f"http://127.0.0.1:{chat.server_port}{path}")
        assert services.try_robot(robot, actor=actor(company.admin))
        tell([company.sales1])
        assert services.send_messages() == 1
        assert RobotMessage._base_manager.get().state == "sent"
        assert len(chat.seen) == 2

    @pytest.mark.parametrize("kind", ["dingtalk", "feishu"])
    def test_a_wrong_secret_is_noticed(self, company, chat, kind):
        chat.kind = kind
        robot = make_robot(company, kind=kind, address=chat.address, secret="other")
        assert not services.try_robot(robot, actor=actor(company.admin))

    def test_a_known_signature(self):
        """Worked out by hand after the vendors' examples."""
        now = datetime.datetime(2026, 6, 11, 2, 0, tzinfo=datetime.UTC)
        url, _payload = CONNECTORS["dingtalk"].call(
            "https://x/robot/send?access_token=a", "SECabc", "hi", now
        )
        signed = hmac.new(b"SECabc", b"1781143200000\nSECabc", hashlib.sha256).digest()
        assert parse_qs(urlsplit(url).query)["sign"] == [base64.b64encode(signed).decode()]
        _url, payload = CONNECTORS["feishu"].call("https://x/hook/a", "abc", "hi", now)
        signed = hmac.new(b"1781143200\nabc", b"", hashlib.sha256).digest()
        assert (payload["timestamp"], payload["sign"]) == ("1781143200", base64.b64encode(signed).decode())

    @pytest.mark.parametrize(
        ("kind", "status", "body", "outcome"),
        [
            ("wecom", 200, {"errcode": 0}, Outcome.DELIVERED),
            ("wecom", 200, {"errcode": 93000}, Outcome.REFUSED),
            ("wecom", 200, {"errcode": 45009}, Outcome.BUSY),
            ("dingtalk", 200, {"errcode": 130101}, Outcome.BUSY),
            ("feishu", 200, {"code": 9499}, Outcome.BUSY),
            ("feishu", 200, {"errcode": 0}, Outcome.REFUSED),
            ("feishu", 502, None, Outcome.LATER),
            ("dingtalk", 429, None, Outcome.BUSY),
            ("dingtalk", 302, {"errcode": 0}, Outcome.REFUSED),
            ("dingtalk", 200, ["no object"], Outcome.REFUSED),
        ],
    )
    def test_what_an_answer_means(self, kind, status, body, outcome):
        assert CONNECTORS[kind].read(Answer(status, json.dumps(body).encode())) == outcome

    def test_a_name_cannot_ring_for_the_whole_group(self):
        text = 'Customer: <at user_id="all">everybody</at>'
        _url, payload = CONNECTORS["feishu"].call("https://x/", "", text, timezone.now())
        assert "<" not in payload["content"]["text"]

    def test_long_texts_are_cut_between_characters(self):
        _url, payload = CONNECTORS["wecom"].call("https://x/", "", "云" * 2000, timezone.now())
        content = payload["text"]["content"]
        assert len(content.encode()) <= 2048 and content.endswith("云…")


class TestWhatAGroupReads:
    def said(self, chat):
        assert services.send_messages() >= 1
        return chat.seen[-1][1]["text"]["content"]

    def test_who_and_where_to_look_and_nothing_people_wrote(self, company, chat):
        make_robot(company, address=chat.address)
        tell([company.sales1])
        assert self.said(chat) == "Sales1: due\nhttp://127.0.0.1:8000/activities/7/"
        kept = json.dumps(
            RobotMessage._base_manager.values_list("params", flat=True).get(), ensure_ascii=False
        )
        for word in ("2,000,000", "13812345678", "secret words", "云杉"):
            assert word not in kept

    def test_the_customer_where_the_robot_may_name_it(self, company, chat):
        robot = make_robot(company, address=chat.address, shows_names=True)
        tell([company.sales1])
        assert "Customer: 云杉网络" in self.said(chat)
        tell([company.sales1], "two")
        GroupRobot._base_manager.filter(pk=robot.pk).update(shows_names=False)  # withdrawn while it waits
        assert "云杉" not in self.said(chat)

    def test_only_of_its_team_and_the_teams_below(self, company):
        make_robot(company, team=company.east)
        make_robot(company, team=company.sales)
        tell([company.sales3])  # south: below sales, not east
        assert [m.robot.team for m in RobotMessage._base_manager.all()] == [company.sales]
        tell([company.finance1], "two")
        assert RobotMessage._base_manager.count() == 1

    def test_only_the_kinds_it_tells_of(self, company):
        make_robot(company, news=["reminder"])
        tell([company.sales1])
        assert not RobotMessage._base_manager.exists()

    def test_once_for_one_occasion(self, company):
        make_robot(company)
        tell([company.sales1])
        tell([company.sales1])
        assert RobotMessage._base_manager.count() == 1

    def test_many_at_one_time_are_one_message(self, company, chat):
        make_robot(company, address=chat.address)
        for event in (1, 2, 3):
            tell([company.sales1], gather=True, event_id=event)
        assert services.send_messages() == 0  # waits for the others
        with time_machine.travel(timezone.now() + datetime.timedelta(minutes=2), tick=False):
            assert self.said(chat).startswith("3 for Sales1")

    def test_nothing_of_a_record_nobody_could_see(self, company):
        make_robot(company)
        tell([company.sales1], about=company.finance)  # a team: everybody sees it
        assert RobotMessage._base_manager.count() == 1
        gone = Team(pk=99_999, name="gone")
        tell([company.sales1], "two", about=gone)
        assert RobotMessage._base_manager.count() == 1


class TestDelivery:
    def waiting(self, company, chat, **values):
        robot = make_robot(company, address=chat.address, **values)
        tell([company.sales1])
        return robot

    def later(self, **delta):
        return time_machine.travel(timezone.now() + datetime.timedelta(**delta), tick=False)

    def test_trouble_of_the_service_is_tried_again_and_at_last_given_up(self, company, chat):
        self.waiting(company, chat)
        chat.status, chat.answer = 503, {}
        for attempt in range(6):
            with self.later(days=attempt):
                services.send_messages()
                assert services.send_messages() == 0  # not at once
        message = RobotMessage._base_manager.get()
        assert (message.state, message.attempts) == ("failed", 6)
        chat.status, chat.answer = 200, None
        services.retry_message(message, actor=actor(company.admin))
        services.send_messages()
        assert RobotMessage._base_manager.get().state == "sent"
        assert Event._base_manager.filter(name="robot.message_retried").exists()

    def test_a_refusal_is_given_up_at_once(self, company, chat):
        self.waiting(company, chat, secret="wrong")
        services.send_messages()
        message = RobotMessage._base_manager.get()
        assert (message.state, message.attempts) == ("failed", 1)

    def test_only_what_was_given_up_goes_out_again(self, company, chat):
        self.waiting(company, chat)
        with pytest.raises(RuleBroken):
            services.retry_message(RobotMessage._base_manager.get(), actor=actor(company.admin))

    def test_too_many_in_a_minute_wait_without_counting(self, company, chat):
        self.waiting(company, chat)
        chat.answer = {"errcode": 130101}
        for minutes in range(0, 20, 2):
            with self.later(minutes=minutes):
                services.send_messages()
        message = RobotMessage._base_manager.get()
        assert (message.state, message.attempts) == ("pending", 0)

    def test_a_group_that_does_not_answer_holds_up_nobody(self, company, chat, monkeypatch):
        """F22: five messages for a silent group cost one wait, not five; the other group gets its own meanwhile."""
        silent = make_robot(company, name="silent", address="http://127.0.0.1:9/?access_token=tok3n")
        make_robot(company, address=chat.address)
        for n in range(5):
            tell([company.sales1], f"n{n}")
        calls = []
        real = egress.post_json

        def call(url, payload, **kwargs):
            calls.append(urlsplit(url).port)
            if urlsplit(url).port == 9:
                raise egress.EgressError("no answer in time")
            return real(url, payload, **kwargs)

        monkeypatch.setattr(egress, "post_json", call)
        services.send_messages()
        assert calls.count(9) == 1
        assert RobotMessage._base_manager.filter(state="sent").count() == 5
        assert RobotMessage._base_manager.filter(robot=silent, state="pending").count() == 5

    def test_a_silent_group_is_left_within_the_time(self, company, monkeypatch):
        monkeypatch.setattr(egress.post_json, "__kwdefaults__", {"seconds": 0.2, "most_bytes": 1000})
        with override_settings(EGRESS_LOOPBACK=True), socket.create_server(("127.0.0.1", 0)) as listener:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/?access_token=tok3n"
            make_robot(company, address=address)
            tell([company.sales1])
            assert services.send_messages() == 1
        message = RobotMessage._base_manager.get()
        assert (message.state, message.error) == ("pending", "no answer in time")

    def test_one_whose_sender_died_goes_out_again(self, company, chat):
        self.waiting(company, chat)
        past = timezone.now() - datetime.timedelta(minutes=1)
        RobotMessage._base_manager.update(state="sending", attempts=1, lease_until=past)
        services.send_messages()
        assert RobotMessage._base_manager.get().state == "sent"

    def test_switched_off_means_silent(self, company, chat):
        robot = self.waiting(company, chat)
        GroupRobot._base_manager.filter(pk=robot.pk).update(is_active=False)
        services.send_messages()
        assert RobotMessage._base_manager.get().state == "dropped"
        assert chat.seen == []


class TestAddresses:
    """Attacks 45 and 46 through the robots' own door."""

    @pytest.mark.parametrize(
        "address", ["http://example.com/", "file:///etc/passwd", "gopher://x/", "https://h:22/"]
    )
    def test_is_refused_when_it_is_entered(self, company, address):
        with pytest.raises(RuleBroken):
            make_robot(company, address=address)

    @pytest.mark.parametrize("host", ["0177.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "169.254.169.254"])
    def test_an_inner_machine_gets_no_packet(self, company, host, monkeypatch):
        tried = []
        monkeypatch.setattr(socket, "create_connection", lambda *args, **kwargs: tried.append(args))
        robot = make_robot(company, address=f"https://{host}/send?access_token=tok3n")
        assert not services.try_robot(robot, actor=actor(company.admin))
        assert tried == []


class TestSecrets:
    """Attack 48: what is sealed appears nowhere again."""

    def test_neither_in_the_row_nor_in_the_log(self, company):
        robot = make_robot(company)
        services.save_robot(
            robot,
            name="East",
            kind="dingtalk",
            team=None,
            news=["news"],
            address="https://oapi.dingtalk.com/robot/send?access_token=n3w",
            by=company.admin,
            actor=actor(company.admin),
        )
        row = str(GroupRobot._base_manager.values().get())
        events = str(list(Event._base_manager.filter(name__startswith="robot.").values()))
        for secret in ("tok3n", "n3w", SECRET):
            assert secret not in row
            assert secret not in events
        assert "oapi.dingtalk.com" in row

    def test_another_secret_key_is_said_so(self, company, settings):
        robot = make_robot(company)
        settings.SECRET_KEY = "another"
        assert not services.try_robot(robot, actor=actor(company.admin))
        settings.SECRET_KEY_FALLBACKS = []
        tell([company.sales1])
        services.send_messages()
        assert "another secret key" in RobotMessage._base_manager.get().error


class TestPages:
    def post(self, client, url, **values):
        data = {
            "name": "East",
            "kind": "wecom",
            "address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=tok3n",
            "secret": SECRET,
            "news": ["team_overdue"],
            "language": "en",
            "is_active": "on",
            **values,
        }
        return client.post(url, data)

    def test_an_administrator_makes_one_and_never_sees_its_secret_again(self, client, company):
        client.force_login(company.admin)
        assert self.post(client, "/settings/robots/add/", kind="dingtalk").status_code == 302
        robot = GroupRobot._base_manager.get()
        for url in ("/settings/robots/", f"/settings/robots/{robot.pk}/"):
            page = client.get(url).content.decode()
            assert "East" in page
            assert "tok3n" not in page
            assert SECRET not in page
        sealed = (robot.sealed_address, robot.sealed_secret)
        self.post(
            client, f"/settings/robots/{robot.pk}/", kind="dingtalk", name="West", address="", secret=""
        )
        robot.refresh_from_db()
        assert (robot.name, robot.sealed_address, robot.sealed_secret) == ("West", *sealed)

    def test_a_refused_form_does_not_send_the_secret_back(self, client, company):
        client.force_login(company.admin)
        response = self.post(client, "/settings/robots/add/", name="", kind="dingtalk")
        assert response.status_code == 422
        assert SECRET not in response.content.decode()

    def test_another_kind_needs_its_own_address(self, client, company):
        client.force_login(company.admin)
        robot = make_robot(company)
        response = self.post(client, f"/settings/robots/{robot.pk}/", kind="wecom", address="")
        assert response.status_code == 422

    def test_a_leader_manages_those_of_the_own_team_only(self, client, company):
        lead(company.east, company.manager1)
        mine, other = make_robot(company, team=company.east), make_robot(company, team=company.south)
        everybody = make_robot(company)
        client.force_login(company.manager1)
        page = client.get("/settings/robots/").content.decode()
        assert f"/settings/robots/{mine.pk}/" in page
        for robot in (other, everybody):
            assert f"/settings/robots/{robot.pk}/" not in page
            for url in ("", "try/", "delete/"):
                assert client.post(f"/settings/robots/{robot.pk}/{url}", {}).status_code == 404
        assert self.post(client, "/settings/robots/add/", team=company.south.pk).status_code == 422
        assert self.post(client, "/settings/robots/add/", team="").status_code == 422
        assert self.post(client, f"/settings/robots/{mine.pk}/", team=company.south.pk).status_code == 422
        assert self.post(client, "/settings/robots/add/", team=company.east.pk).status_code == 302
        with pytest.raises(RuleBroken):
            make_robot(company, by=company.manager1, team=company.south)
        client.force_login(company.sales1)
        assert client.get("/settings/robots/").status_code == 403

    def test_trying_one_out_tells_nothing_of_the_answer(self, client, company, chat):
        """Attack 46."""
        chat.answer = {"errcode": 1, "errmsg": "internal <b>words</b> of the other side"}
        robot = make_robot(company, address=chat.address)
        client.force_login(company.admin)
        page = client.post(f"/settings/robots/{robot.pk}/try/", follow=True).content.decode()
        assert len(chat.seen) == 1
        assert "internal" not in page
        assert "errmsg" not in page

    def test_what_was_given_up_stands_on_the_system_page(self, client, company, chat):
        make_robot(company, address=chat.address, secret="wrong")
        tell([company.sales1])
        services.send_messages()
        message = RobotMessage._base_manager.get()
        client.force_login(company.admin)
        assert (
            f"/settings/system/retry/robot/{message.pk}/" in client.get("/settings/system/").content.decode()
        )
        client.post(f"/settings/system/retry/robot/{message.pk}/")
        assert RobotMessage._base_manager.get().state != "sent"
        assert RobotMessage._base_manager.get().attempts <= 1

    def test_deleting_takes_its_messages_along(self, client, company):
        robot = make_robot(company)
        tell([company.sales1])
        client.force_login(company.admin)
        client.post(f"/settings/robots/{robot.pk}/delete/")
        assert not RobotMessage._base_manager.exists()


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
