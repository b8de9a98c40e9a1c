"""What is sent to hurt: in headers, in names that travel into mails, logs and PDFs, in forged parents.

The numbers are those of docs/security.md.
"""

import json
import logging
import logging.config
import socket
from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from structlog.testing import capture_logs

from accounts import services
from accounts.models import Contact, ContactLink
from crm.automation.models import OutgoingEmail
from crm.automation.services import send_pending
from crm.core.logs import configuration
from crm.core.pdf import pdf_of
from crm.events.delivery import deliver_pending
from crm.identity.models import User, UserSession
from crm.identity.services import create_token
from crm.identity.tests.factories import PASSWORD, SYSTEM, actor
from crm.tests.matrix import NEVER_USED, writes

pytestmark = pytest.mark.django_db
TAG = "<img src=x onerror=alert(1)>"


@pytest.fixture
def sales1(world) -> Client:
    client = Client()
    client.force_login(world.company.sales1, backend="crm.identity.backends.CrmBackend")
    return client


@pytest.fixture
def token(world) -> Client:
    user = world.company.sales1
    client = Client(HTTP_AUTHORIZATION=f"Bearer {create_token(user, name='t', actor=actor(user))[1]}")
    client.get("/api/v1/tags/")  # when a token was last used is written now and then
    return client


# --- Forged parents and parts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("activities", {"kind": "note", "body": "Looked at it"}),
        ("contacts", {"name": "Mallory", "phone": "13900001111"}),
    ],
)
def test_11_12_nothing_is_hung_on_somebody_elses_customer(world, token, path, body):
    before, said = writes(), []
    for pk in (world.records["customer"]["other"].pk, world.records["customer"]["deleted"].pk, NEVER_USED):
        answer = token.post(f"/api/v1/{path}/", {**body, "customer": pk}, content_type="application/json")
        said.append((answer.status_code, answer.json()["errors"]))
    assert said[0][0] == 400 and said[0] == said[1] == said[2]
    assert writes() == before
    own = {**body, "customer": world.records["customer"]["own"].pk}
    assert token.post(f"/api/v1/{path}/", own, content_type="application/json").status_code == 201


def test_11_12_a_contact_cannot_be_moved_to_somebody_elses_customer(world, token):
    contact, before = world.records["contact"]["own"], writes()
    for pk in (world.records["customer"]["other"].pk, NEVER_USED):
        body = {"customer": pk, "version": contact.version}
        answer = token.patch(f"/api/v1/contacts/{contact.pk}/", body, content_type="application/json")
        assert answer.status_code == 400 and "customer" in answer.json()["errors"]
    assert Contact._base_manager.get(pk=contact.pk).customer_id == contact.customer_id
    assert writes() == before


def test_13_a_part_named_by_number_has_to_belong_to_the_record_of_the_address(world, sales1):
    """The second number of an address, forged: a link of a foreign contact through one's own."""
    mine, theirs = world.records["contact"]["own"], world.records["contact"]["other"]
    services.link_contact(theirs, world.records["customer"]["shared"], actor=SYSTEM)
    link = ContactLink._base_manager.get(contact=theirs)
    before = writes()
    for number in (link.pk, NEVER_USED):
        assert sales1.post(reverse("contact_unlink", args=[mine.pk, number])).status_code == 404
    assert ContactLink._base_manager.filter(pk=link.pk).exists()
    assert writes() == before


# --- Names that travel -----------------------------------------------------------------------------------------------


def test_36_43_a_hostile_name_in_a_mail_is_text_and_one_line(world, settings):
    settings.DEFAULT_FROM_EMAIL = "crm@example.com"
    company, customer = world.company, world.records["customer"]["own"]
    User._base_manager.filter(username="sales2").update(email="sales2@example.com")
    services.update_customer(customer, name=f"{TAG} Bcc: x@example.com", actor=SYSTEM)
    deliver_pending()
    services.transfer_customers([customer], owner=company.sales2, actor=actor(company.sales1))
    deliver_pending()
    OutgoingEmail._base_manager.update(next_at=timezone.now())  # news that may come in numbers waits a minute
    send_pending()
    sent = [message for message in mail.outbox if message.to == ["sales2@example.com"]]
    assert sent, "the new owner is told by mail"
    for message in sent:
        assert "\n" not in message.subject and "\r" not in message.subject and message.bcc == []
        html = message.alternatives[0][0]
        assert "onerror" in html and TAG not in html, "shown as text"


@pytest.mark.parametrize(
    "header", ["User-Agent", "Referer", "X-Request-ID", "X-Forwarded-For", "Accept-Language"]
)
def test_37_headers_reach_no_log_and_no_page(world, header):
    hostile = f'{TAG}","level":"critical'
    client = Client(headers={header: hostile})
    with capture_logs() as lines:
        client.post("/auth/login/", {"login": "sales1", "password": "wrong-password"})
        client.post("/auth/login/", {"login": "sales1", "password": PASSWORD})
        client.get(reverse("customer_detail", args=[NEVER_USED]))
        page = client.get(reverse("settings_sessions"))
    assert page.status_code == 200 and TAG not in page.content.decode()
    assert UserSession._base_manager.filter(user=world.company.sales1).exists()
    assert "onerror" not in json.dumps(lines, default=str)
    assert "onerror" not in page["X-Request-ID"]


def test_37_whatever_is_logged_stays_one_line():
    """A line break in a value opens no second line of the log."""
    settings = configuration(readable=False, level="INFO")
    structured = logging.config.DictConfigurator(settings).configure_formatter(
        settings["formatters"]["structured"]
    )
    said = 'a\r\n{"event": "forged"}'
    (line,) = structured.format(logging.makeLogRecord({"msg": said, "levelname": "WARNING"})).splitlines()
    assert json.loads(line)["event"] == said


# --- PDFs ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server of this machine that nobody should ring at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def rang(server: socket.socket) -> bool:
    try:
        server.accept()
    except BlockingIOError:
        return False
    return True


def hostile_parts(server: socket.socket) -> list[str]:
    here = f"http://127.0.0.1:{server.getsockname()[1]}"
    return [
        f'<img src="{here}/x.png">',
        f'<style>@import url("{here}/x.css");</style>',
        f'<link rel="stylesheet" href="{here}/y.css">',
        f'<div style="background: url({here}/z.png)">x</div>',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<a rel="attachment" href="file:///etc/passwd">x</a>',
        '<object data="file:///etc/passwd"></object><embed src="file:///etc/passwd">',
        '<img src="file:///etc/passwd">',
    ]


def test_49_no_document_makes_the_server_open_an_address(listener, caplog):
    with caplog.at_level(logging.CRITICAL, "weasyprint"):
        made = pdf_of("".join(hostile_parts(listener)) + "<p>text</p>")
    assert made.startswith(b"%PDF")
    assert not rang(listener)
    assert b"EmbeddedFile" not in made and b"root:" not in made


def test_49_what_people_type_is_text_on_the_sheet_of_a_customer(world, sales1, listener):
    own = world.records["customer"]["own"]
    for part in hostile_parts(listener)[:3]:
        services.log_follow_up(
            kind="note", customer=own, body=part, author=world.company.sales1, actor=SYSTEM
        )
    sheet = sales1.get(reverse("customer_sheet", args=[own.pk])).content.decode()
    assert (
        "@import" in sheet
        and "<style>@import" not in sheet
        and '<link rel="stylesheet" href="http' not in sheet
    )
    made = sales1.get(reverse("customer_pdf", args=[own.pk]))
    assert made.content.startswith(b"%PDF")
    assert not rang(listener)
