"""The secret key is changed: what an earlier one made holds on, and `renew_keys` lets the earlier one go."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import decrypt
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse

from accounts.tests.factories import make_customer
from crm.automation import queries, services
from crm.automation.tests.group_chat import SECRET, make_robot
from crm.core import egress
from crm.core.egress import Answer
from crm.events.actor import system
from crm.identity.tests.factories import actor
from sales.services import send_quote
from sales.services.quote_answers import token_from
from sales.tests.factories import make_quote

pytestmark = pytest.mark.django_db
SYSTEM = system("test")
OLD, NEW = "first" * 12, "second" * 12
BOTH = {"SECRET_KEY": NEW, "SECRET_KEY_FALLBACKS": [OLD]}
ALONE = {"SECRET_KEY": NEW, "SECRET_KEY_FALLBACKS": []}
ADDRESS = "https://oapi.dingtalk.com/robot/send?access_token=tok3n"


class Made:
    """What one key made: of everything that outlives a change of it, one."""

    def __init__(self, company):
        self.admin = company.admin
        self.client = Client()
        self.client.force_login(self.admin)
        self.robot = make_robot(company, address=ADDRESS)
        self.secret = generate_totp_secret()
        TOTP.activate(self.admin, self.secret)
        self.codes = RecoveryCodes.activate(self.admin).generate_codes()
        self.mail = services.enqueue(to="wang@example.com", subject="Hi", text="Hi", dedupe_key="a")
        self.opt_out = "/u/" + services.opt_out_url("a").partition("/u/")[2]
        services.suppress(self.mail.to, reason="opted_out", actor=SYSTEM)
        services.suppress("by-telephone@example.com", reason="manual", actor=actor(self.admin))
        self.quote = make_quote(make_customer(company.sales1))
        self.link = reverse("public_quote", args=[token_from(send_quote(self.quote, actor=SYSTEM).nonce)])

    def signed_in(self):
        return self.client.get("/settings/").status_code == 200

    def second_factors_hold(self):
        rows = Authenticator.objects.filter(user=self.admin)
        codes = RecoveryCodes(rows.get(type=Authenticator.Type.RECOVERY_CODES)).generate_codes()
        app = rows.get(type=Authenticator.Type.TOTP)
        return codes == self.codes and decrypt(app.data["secret"]) == self.secret

    def shown_link(self):
        return self.link in self.client.get(f"/quotes/{self.quote.pk}/").content.decode()


@pytest.fixture
def made(company):
    with override_settings(SECRET_KEY=OLD):
        yield Made(company)


@pytest.fixture
def called(monkeypatch):
    """The addresses robots call."""
    seen = []
    monkeypatch.setattr(
        egress, "post_json", lambda url, body, **more: seen.append(url) or Answer(200, b'{"errcode": 0}')
    )
    return seen


def opens(path):
    return Client().get(path).status_code == 200


def test_what_an_earlier_key_made_holds_on_while_it_is_named(made, called):
    with override_settings(**BOTH):
        assert made.signed_in() and made.second_factors_hold()
        assert services.try_robot(made.robot, actor=SYSTEM) and called[0].startswith(ADDRESS)
        assert opens(made.opt_out) and opens(made.link) and made.shown_link()
        assert queries.is_suppressed("Wang@example.com")
        again = services.suppress("wang@example.com", reason="bounced", actor=SYSTEM)
        assert again.reason == "opted_out"  # it is the same address
    with override_settings(**ALONE):
        assert made.signed_in()  # whoever came by meanwhile was signed in with the new key
        assert not opens(made.opt_out)


def test_what_was_renewed_needs_the_earlier_key_no_more(made, called):
    said = StringIO()
    with override_settings(**BOTH):
        call_command("renew_keys", stdout=said)
        version = made.robot.version
        made.robot.refresh_from_db()
        assert made.robot.version == version and SECRET not in str(vars(made.robot))
    assert said.getvalue().splitlines() == [
        "second factors: 2 renewed, 0 left",
        "group robots: 1 renewed, 0 left",
        "refused addresses: 1 renewed, 1 left",  # entered by hand, no mail of ours names it
    ]
    with override_settings(**ALONE):
        assert made.second_factors_hold()
        assert services.try_robot(made.robot, actor=SYSTEM) and called[0].startswith(ADDRESS)
        assert queries.is_suppressed("wang@example.com")
        assert not queries.is_suppressed("by-telephone@example.com")
        assert opens(made.link)  # the customer's link is known by its hash
        made.client.force_login(made.admin)
        assert not made.shown_link()  # a wrong one is not shown in its place
        call_command("renew_keys", stdout=said)  # again: nothing is lost
        assert made.second_factors_hold()


def test_what_no_key_opens_is_left_and_counted(made):
    said = StringIO()
    with override_settings(**ALONE):
        call_command("renew_keys", stdout=said)
    assert said.getvalue().splitlines()[:2] == [
        "second factors: 0 renewed, 2 left",
        "group robots: 0 renewed, 1 left",
    ]
    with override_settings(**BOTH):
        assert made.second_factors_hold()
