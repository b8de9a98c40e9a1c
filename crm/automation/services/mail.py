"""The e-mail outbox: written with its cause, sent by whoever claims the row, never silently sent twice."""

import datetime
import hashlib
import smtplib
from collections.abc import Iterable
from email.utils import formataddr, parseaddr

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import models, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.automation import kinds, queries
from crm.automation.events import EMAIL_RESENT
from crm.automation.models import Notification, OutgoingEmail
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.models import User
from crm.identity.queries import company

log = structlog.get_logger(__name__)

State = OutgoingEmail.State
LEASE = datetime.timedelta(minutes=2)  # far longer than the SMTP timeout
MAX_ATTEMPTS = 6
DIGITS = 40


def enqueue(
    *,
    to: str,
    subject: str,
    text: str,
    dedupe_key: str,
    html: str = "",
    user: User | None = None,
    kind: str = "",
    about_type: str = "",
    about_id: int | None = None,
    unsubscribe_url: str = "",
    sender_name: str = "",
    reply_to: str = "",
    delay: datetime.timedelta = datetime.timedelta(0),
) -> OutgoingEmail:
    """Write down a mail to send, in the caller's transaction; the same `dedupe_key` again changes nothing."""
    email, created = OutgoingEmail._base_manager.get_or_create(
        dedupe_key=dedupe_key,
        defaults={
            "to": to,
            "user": user,
            "kind": kind,
            "subject": one_line(subject),
            "text": text,
            "html": html,
            "about_type": about_type,
            "about_id": about_id,
            "unsubscribe_url": unsubscribe_url,
            "sender_name": one_line(sender_name)[:100],
            "reply_to": reply_to,
            "message_id": message_id(dedupe_key),
            "next_at": timezone.now() + delay,
        },
    )
    if created and not delay:
        transaction.on_commit(_wake)
    return email


def one_line(subject: str) -> str:
    """A subject without line breaks, as long as we keep it."""
    return " ".join(subject.split())[:250]


def message_id(dedupe_key: str) -> str:
    """The Message-ID of a mail: the same for every attempt, so that a mail server may drop a second copy."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{message_digest(dedupe_key)}@{domain}>"


def message_digest(dedupe_key: str) -> str:
    """What the Message-ID of a mail begins with: nobody can guess it."""
    return hashlib.sha256(f"{settings.SECRET_KEY}:{dedupe_key}".encode()).hexdigest()[:DIGITS]


def render(note: Notification, subject: str, unsubscribe_url: str = "") -> tuple[str, str]:
    """Text and HTML of the mail that goes with a notification, in the active language."""
    context = {
        "subject": subject,
        "body": note.body,
        "why": kinds.why_of(note.kind),
        "unsubscribe_url": unsubscribe_url,
        "url": f"{settings.BASE_URL}{note.url}" if note.url.startswith("/") else note.url,
        "preferences_url": f"{settings.BASE_URL}{reverse('notification_preferences')}",
        "company_name": company().name,
    }
    return (
        render_to_string("automation/email/notification.txt", context),
        render_to_string("automation/email/notification.html", context),
    )


def send_pending(limit: int = 200) -> int:
    """Send what waits, oldest first; returns how many rows were taken. Safe to run side by side."""
    sweep_uncertain()
    taken = 0
    while taken < limit:
        email = _claim()
        if email is None:
            break
        _send(email)
        taken += 1
    return taken


@transaction.atomic
def _claim() -> OutgoingEmail | None:
    """Take one waiting mail under a lease; committed before anything is sent."""
    now = timezone.now()
    email = (
        OutgoingEmail._base_manager.select_for_update(skip_locked=True, of=("self",))
        .filter(state=State.PENDING, next_at__lte=now)
        .order_by("next_at", "pk")
        .first()
    )
    if email is None:
        return None
    if not queries.may_still_receive(email):
        email.state = State.DROPPED
        email.save(update_fields=["state"])
        return email
    email.state, email.attempts, email.lease_until = State.SENDING, email.attempts + 1, now + LEASE
    email.save(update_fields=["state", "attempts", "lease_until"])
    return email


def _send(email: OutgoingEmail) -> None:
    """One attempt. What surely never left may be tried again; what may have left is uncertain."""
    if email.state != State.SENDING:
        return
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        _retry(email, error)
        return
    message = EmailMultiAlternatives(
        subject=email.subject,
        body=email.text,
        from_email=_sender(email),
        to=[email.to],
        reply_to=[email.reply_to] if email.reply_to else None,
        headers=_headers(email),
        connection=connection,
    )
    if email.html:
        message.attach_alternative(email.html, "text/html")
    try:
        message.send()
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError, smtplib.SMTPHeloError) as error:
        # The server answered and did not take it.
        _retry(email, error, final=500 <= error.smtp_code < 600)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        _retry(email, error, final=500 <= code < 600)
    except ValueError as error:  # a header that no mail may have
        _finish(email, State.FAILED, error)
    except Exception as error:
        _finish(email, State.UNCERTAIN, error)
    else:
        _finish(email, State.SENT)
    finally:
        try:
            connection.close()
        except (OSError, smtplib.SMTPException) as error:  # the mail has left; a rude goodbye changes nothing
            log.info("mail_connection_close", error=str(error))


def _sender(email: OutgoingEmail) -> str:
    """From whom it comes: the company's address, where somebody writes with their name before it."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return formataddr((email.sender_name, address)) if email.sender_name else settings.DEFAULT_FROM_EMAIL


def _headers(email: OutgoingEmail) -> dict[str, str]:
    headers = {"Message-ID": email.message_id, "Auto-Submitted": "auto-generated"}
    if email.unsubscribe_url:  # RFC 8058: the mail program offers it, one click, no page
        headers["List-Unsubscribe"] = f"<{email.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _retry(email: OutgoingEmail, error: Exception, final: bool = False) -> None:
    if final or email.attempts >= MAX_ATTEMPTS:
        _finish(email, State.FAILED, error)
        return
    wait = datetime.timedelta(seconds=30 * 4 ** (email.attempts - 1))
    _held(email).update(
        state=State.PENDING, next_at=timezone.now() + wait, lease_until=None, error=_words(error)
    )


def _finish(email: OutgoingEmail, state: str, error: Exception | None = None) -> None:
    if error is not None:
        log.warning("mail_not_sent", email_id=email.pk, state=state, error=str(error))
    _held(email).update(
        state=state,
        lease_until=None,
        error=_words(error) if error else "",
        sent_at=timezone.now() if state == State.SENT else None,
    )


def _held(email: OutgoingEmail) -> models.QuerySet[OutgoingEmail]:
    """The row, as long as this attempt still holds it."""
    return OutgoingEmail._base_manager.filter(pk=email.pk, state=State.SENDING, attempts=email.attempts)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:1000]


def sweep_uncertain() -> int:
    """Mails whose sender vanished half-way: they may have left, so people decide, not a timer."""
    return OutgoingEmail._base_manager.filter(state=State.SENDING, lease_until__lt=timezone.now()).update(
        state=State.UNCERTAIN, error="the sender stopped half-way"
    )


def hold_back(ids: Iterable[int]) -> int:
    """Those of the mails that still wait are no longer needed; returns how many."""
    rows = OutgoingEmail._base_manager.filter(pk__in=list(ids), state=State.PENDING)
    return rows.update(state=State.DROPPED)


@transaction.atomic
def resend(email: OutgoingEmail, *, actor: Actor) -> OutgoingEmail:
    """An administrator decides that a failed or uncertain mail goes out again."""
    email = OutgoingEmail._base_manager.select_for_update().get(pk=email.pk)
    if email.state not in (State.FAILED, State.UNCERTAIN):
        raise RuleBroken(_("Only failed and uncertain mails can be sent again."))
    email.state, email.next_at = State.PENDING, timezone.now()
    email.save(update_fields=["state", "next_at"])
    record_event(EMAIL_RESENT, email, actor=actor, payload={"to": email.to, "subject": email.subject})
    transaction.on_commit(_wake)
    return email


def _wake() -> None:
    from crm.automation.tasks import send_emails
    from crm.events.tasks import wake

    wake(send_emails)
