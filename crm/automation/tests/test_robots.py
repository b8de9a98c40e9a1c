"""Robots in group chats: what they say to whom, in each vendor's format, and what becomes of what does not arrive."""

import base64
import datetime
import hashlib
import hmac
import json
import socket
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from crm.automation import kinds, services
from crm.automation.connectors import CONNECTORS, Outcome
from crm.automation.models import GroupRobot, RobotMessage
from crm.automation.tests.group_chat import SECRET, lead, make_robot
from crm.core import egress
from crm.core.egress import Answer
from crm.core.writes import RuleBroken
from crm.events.models import Event
from crm.identity.models import Team
from crm.identity.tests.factories import actor

pytestmark = pytest.mark.django_db

NEWS = kinds.Kind(
    "news", "News", "News of %(record)s", group="%(person)s: due", group_many="%(count)s for %(person)s"
)


@pytest.fixture(autouse=True)
def _news(monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "news", NEWS)


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
        message.refresh_from_db()
        assert (message.state, message.attempts) == ("pending", 0)

    def test_deleting_takes_its_messages_along(self, client, company):
        robot = make_robot(company)
        tell([company.sales1])
        client.force_login(company.admin)
        client.post(f"/settings/robots/{robot.pk}/delete/")
        assert not RobotMessage._base_manager.exists()


def test_a_leader_is_offered_their_team_and_an_administrator_the_company(client, company):
    lead(company.east, company.manager1)
    for person, whole in ((company.manager1, False), (company.admin, True)):
        client.force_login(person)
        page = client.get(reverse("robot_add")).content.decode()
        assert "East" in page and ("The whole company" in page) is whole
