"""Mail that comes in at the reply address: fetched, kept once, and matched with the mail of ours that it answers."""

import datetime
import hashlib
import hmac
import imaplib
import re
from email.utils import parseaddr

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm.automation.events import EMAIL_ANSWERED
from crm.automation.models import IncomingEmail, OutgoingEmail, Suppression
from crm.automation.rules import inbound
from crm.automation.services.suppressions import suppress
from crm.events.actor import system
from crm.events.recording import record_event
from crm.identity.models import User

log = structlog.get_logger(__name__)

MOST_BYTES = 20 * 1024 * 1024
MOST_A_RUN = 100
PLACE = "{token}"


def reply_address(dedupe_key: str) -> str:
    """Where answers to a mail go: the reply address, with a mark of this very mail where the address has a place for it.

    Empty where answers are not read: the mail then names its sender's own address.
    """
    address = settings.REPLY_ADDRESS
    if not address:
        return ""
    return address.replace(PLACE, _mark(dedupe_key)) if PLACE in address else address


def _mark(dedupe_key: str) -> str:
    digest = hmac.new(f"reply:{settings.SECRET_KEY}".encode(), dedupe_key.encode(), hashlib.sha256)
    return digest.hexdigest()[:24]


def receive(raw: bytes) -> IncomingEmail | None:
    """Take in one mail; the same mail again changes nothing and gives None.

    What a person answered to one of our mails is told to whoever sent it. Whom it is from decides nothing: a sender can
    be forged, the mark and the Message-ID of our mail cannot be guessed.
    """
    found = inbound.read(raw)
    same = f"{found.message_id}|{found.sender}|{found.at}".encode() if found.message_id else raw
    digest = hashlib.sha256(same).hexdigest()
    with transaction.atomic():
        mail = _mail_answered(found)
        kind = IncomingEmail.Kind.OWN if found.kind == inbound.HUMAN and _is_own(found.sender) else found.kind
        words = {
            "sender": found.sender,
            "sender_name": found.sender_name,
            "subject": found.subject,
            "text": found.text if kind == inbound.HUMAN else "",
            "status": found.status,
            "sent_at": min(found.at, timezone.now()) if found.at else None,
        }
        made, created = IncomingEmail._base_manager.get_or_create(
            digest=digest,
            defaults={"kind": kind, "answers": mail, **(words if mail is not None else {})},
        )
        if not created:
            return None
        if mail is not None and kind in (inbound.HUMAN, inbound.BOUNCE):
            _tell(made, mail, found)
    return made


def _tell(made: IncomingEmail, mail: OutgoingEmail, found: inbound.Received) -> None:
    actor = system("inbox")
    if found.is_hard or (found.is_soft and _came_back_often(mail.to)):
        suppress(mail.to, reason=Suppression.Reason.BOUNCED, actor=actor, email=mail)
    elif found.kind == inbound.HUMAN:
        record_event(EMAIL_ANSWERED, made, actor=actor, payload={"email": mail.pk})


def _came_back_often(address: str) -> bool:
    """Whether mails to an address could not be delivered five times within 30 days: nobody reads what goes there."""
    since = timezone.now() - datetime.timedelta(days=inbound.SOFT_DAYS)
    soft = IncomingEmail._base_manager.filter(kind=IncomingEmail.Kind.BOUNCE, status__startswith="4")
    mails = soft.filter(answers__to__iexact=address, received_at__gte=since).values("answers")
    return mails.distinct().count() >= inbound.MOST_SOFT


def _mail_answered(found: inbound.Received) -> OutgoingEmail | None:
    """The mail of ours it answers: by the mark in the address it was sent to, else by the Message-IDs it names."""
    marked = OutgoingEmail._base_manager.filter(reply_to__in=_marks(found.recipients))
    if (mail := marked.first()) is not None:
        return mail
    if found.answers:
        mails = {m.message_id: m for m in OutgoingEmail._base_manager.filter(message_id__in=found.answers)}
        return next((mails[one] for one in found.answers if one in mails), None)
    return None


def _marks(recipients: tuple[str, ...]) -> list[str]:
    """Those of the addresses that are the reply address with a mark."""
    if PLACE not in settings.REPLY_ADDRESS:
        return []
    before, after = settings.REPLY_ADDRESS.lower().split(PLACE, 1)
    return [one for one in recipients if one.startswith(before) and one.endswith(after)]


def _is_own(address: str) -> bool:
    """Whether it comes from ourselves: a colleague who answers in the same thread is no customer."""
    if not address:
        return False
    own = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()
    return address == own or User._base_manager.filter(email__iexact=address).exists()


def fetch_mail() -> int:
    """Fetch what is new in the mailbox of the reply address; returns how many mails were taken in for the first time.

    A mail is marked as seen only after it was kept: whoever dies in between fetches it again, which changes nothing.
    """
    if not settings.INBOX_URL:
        return 0
    box = _open()
    try:
        return sum(_take(box, number) for number in _unseen(box))
    finally:
        _close(box)


def _open() -> imaplib.IMAP4:
    url = settings.INBOX
    kind = imaplib.IMAP4_SSL if url["ssl"] else imaplib.IMAP4
    box = kind(url["host"], url["port"], timeout=settings.EMAIL_TIMEOUT)
    box.login(url["user"], url["password"])
    box.select(f'"{url["folder"]}"')
    return box


def _unseen(box: imaplib.IMAP4) -> list[str]:
    _state, found = box.uid("SEARCH", "UNSEEN")
    return found[0].decode("ascii").split()[:MOST_A_RUN] if found and found[0] else []


def _take(box: imaplib.IMAP4, number: str) -> int:
    """Take in one mail of the mailbox; one that cannot be read must not hold up the others."""
    taken = None
    if _size(box, number) <= MOST_BYTES:
        _state, found = box.uid("FETCH", number, "(BODY.PEEK[])")
        raw = next((part[1] for part in found if isinstance(part, tuple)), b"")
        try:
            taken = receive(raw) if raw else None
        except (ValueError, LookupError, RecursionError) as error:
            log.warning("mail_not_read", number=number, error=f"{type(error).__name__}: {error}"[:200])
    box.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)")
    return int(taken is not None)


def _size(box: imaplib.IMAP4, number: str) -> int:
    _state, found = box.uid("FETCH", number, "(RFC822.SIZE)")
    text = b" ".join(part if isinstance(part, bytes) else part[0] for part in found if part).decode(
        "ascii", "replace"
    )
    size = re.search(r"RFC822\.SIZE (\d+)", text)
    return int(size[1]) if size else 0


def _close(box: imaplib.IMAP4) -> None:
    try:
        box.logout()
    except (
        OSError,
        imaplib.IMAP4.error,
    ) as error:  # what was fetched is kept; a rude goodbye changes nothing
        log.info("mailbox_close", error=str(error))
