"""The mail outbox: nothing lost, nothing silently sent twice."""

import smtplib
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from crm.automation import services
from crm.automation.models import Notification, OutgoingEmail
from crm.automation.services import mail as outbox
from crm.automation.tasks import send_emails
from crm.core.writes import RuleBroken
from crm.events.actor import system
from crm.identity.tests.factories import make_user

pytestmark = pytest.mark.django_db
State = OutgoingEmail.State
SYSTEM = system("test")


def write(key="a", **values):
    return services.enqueue(to="a@example.com", subject="Hello", text="Text", dedupe_key=key, **values)


def state():
    return OutgoingEmail._base_manager.get().state


def broken(error, at):
    class Broken(EmailBackend):
        def open(self):
            if at == "open":
                raise error
            return True

        def send_messages(self, messages):
            raise error

    return Broken


@pytest.fixture
def break_mail(monkeypatch):
    def break_it(error, at="send"):
        monkeypatch.setattr(outbox, "get_connection", lambda: broken(error, at)())

    return break_it


def test_sends_each_mail_once():
    write()
    write()
    assert send_emails() == 1
    assert send_emails() == 0
    assert len(mail.outbox) == 1
    assert state() == State.SENT


def test_keeps_the_message_id_over_attempts(break_mail, monkeypatch):
    first = write().message_id
    with monkeypatch.context():
        break_mail(ConnectionRefusedError("no"), at="open")
        send_emails()
    assert state() == State.PENDING
    monkeypatch.undo()
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        send_emails()
    assert [m.extra_headers["Message-ID"] for m in mail.outbox] == [first]


def test_a_server_that_is_away_is_tried_again_and_then_given_up(break_mail):
    write()
    break_mail(ConnectionRefusedError("no"), at="open")
    now = timezone.now()
    for _attempt in range(outbox.MAX_ATTEMPTS):
        now += timedelta(days=1)
        with time_machine.travel(now, tick=False):
            send_emails()
    assert state() == State.FAILED


def test_a_refused_recipient_fails_at_once(break_mail):
    write()
    break_mail(smtplib.SMTPRecipientsRefused({"a@example.com": (550, b"unknown")}))
    send_emails()
    assert state() == State.FAILED


def test_a_busy_server_is_tried_again(break_mail):
    write()
    break_mail(smtplib.SMTPDataError(451, b"later"))
    send_emails()
    assert state() == State.PENDING


def test_a_break_while_sending_is_uncertain_and_never_silently_resent(break_mail, monkeypatch):
    write()
    break_mail(TimeoutError("timed out"))
    send_emails()
    assert state() == State.UNCERTAIN
    monkeypatch.undo()
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        send_emails()
    assert mail.outbox == []


def test_a_sender_killed_between_claim_and_sending_leaves_an_uncertain_mail(monkeypatch):
    write()

    def killed(email):
        raise KeyboardInterrupt

    monkeypatch.setattr(outbox, "_send", killed)
    with pytest.raises(KeyboardInterrupt):
        send_emails()
    monkeypatch.undo()
    assert state() == State.SENDING
    send_emails()
    assert mail.outbox == []
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        send_emails()
    assert state() == State.UNCERTAIN
    assert mail.outbox == []


def test_an_administrator_may_send_an_uncertain_mail_again():
    email = write()
    OutgoingEmail._base_manager.update(state=State.UNCERTAIN)
    services.resend(email, actor=SYSTEM)
    send_emails()
    assert state() == State.SENT
    with pytest.raises(RuleBroken):
        services.resend(email, actor=SYSTEM)


def test_nothing_leaves_for_somebody_who_lost_access():
    reader, other = make_user("reader"), make_user("other")
    for key, person in (("seen", reader), ("lost", other)):
        record = Notification._base_manager.create(user=person, kind="mentioned", dedupe_key=key)
        write(key, user=reader, about_type="automation.notification", about_id=record.pk)
    write("absent", user=reader, about_type="automation.notification", about_id=record.pk + 1)
    write("gone", user=other)
    other.is_active = False
    other.save()
    send_emails()
    states = dict(OutgoingEmail._base_manager.values_list("dedupe_key", "state"))
    dropped = dict.fromkeys(("lost", "absent", "gone"), State.DROPPED)
    assert states == {"seen": State.SENT} | dropped


def test_header_lines_cannot_be_smuggled_in():
    write(key="x")
    email = services.enqueue(to="a@example.com", subject="Hi\r\nBcc: b@example.com", text="", dedupe_key="y")
    assert email.subject == "Hi Bcc: b@example.com"
