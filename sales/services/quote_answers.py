"""What becomes of a quote: approved, sent with a link, looked at, accepted or declined, run out."""

import base64
import datetime
import hashlib
import secrets

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from crm.approvals.queries.people import plan_for
from crm.approvals.registry import kind_of
from crm.core.clock import company_midnight, company_today
from crm.core.email import EmailError, normalise_email
from crm.core.money import write_full
from crm.core.sealing import secret_keys
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import recording
from sales.events.quotes import (
    QUOTE_ACCEPTED,
    QUOTE_APPROVED,
    QUOTE_DECLINED,
    QUOTE_EXPIRED,
    QUOTE_LINK_REVOKED,
    QUOTE_RETURNED,
    QUOTE_SENT,
    QUOTE_SUBMITTED,
    QUOTE_VIEWED,
)
from sales.models import Quote, QuoteLink, QuoteStatus
from sales.rules import quoting
from sales.services.quote_news import tell_answered, tell_seen
from sales.services.quotes import about, locked, said

SALT = "sales.quote-link"
GRACE = datetime.timedelta(days=14)  # how long a link shows a quote that has run out
ANSWERED = (QuoteStatus.ACCEPTED, QuoteStatus.DECLINED)


def needs_approval(quote: Quote) -> bool:
    """Whether the company's flows ask somebody before it is sent: mostly for a discount beyond what its seller may give."""
    kind = kind_of("quote")
    if kind is None or quote.owner is None:
        return quoting.approvers(quote.discount) != (quoting.SALESPERSON,)
    plan = plan_for(kind, quote, {}, quote.owner)
    return bool(plan.steps) or plan.has_gap


@transaction.atomic
def begin_quote_approval(quote: Quote, *, actor: Actor, expected: int | None = None) -> Quote:
    """A draft waits for those who must agree; nobody changes it meanwhile."""
    quote = locked(quote)
    check_version(quote, expected)
    if not quote.is_draft:
        raise RuleBroken(_("Only a draft is submitted."), code="frozen")
    _complete(quote)
    _put(quote, QuoteStatus.IN_APPROVAL)
    said(QUOTE_SUBMITTED, quote, actor)
    return quote


@transaction.atomic
def approve_quote(quote: Quote, *, actor: Actor) -> Quote:
    """Everybody who must agree has: it may be sent. Twice is once."""
    quote = locked(quote)
    if quote.status == QuoteStatus.APPROVED:
        return quote
    if quote.status != QuoteStatus.IN_APPROVAL:
        raise RuleBroken(_("This quote is not waiting for approval."), code="state")
    _put(quote, QuoteStatus.APPROVED)
    said(QUOTE_APPROVED, quote, actor)
    return quote


@transaction.atomic
def reopen_quote(quote: Quote, *, actor: Actor, note: str = "") -> Quote:
    """Back to a draft: rejected, withdrawn, or approved and yet to be changed, which asks for approval again."""
    quote = locked(quote)
    if quote.status == QuoteStatus.DRAFT:
        return quote
    if quote.status not in (QuoteStatus.IN_APPROVAL, QuoteStatus.APPROVED):
        raise RuleBroken(_("Only a quote that was not sent becomes a draft again."), code="frozen")
    _put(quote, QuoteStatus.DRAFT)
    said(QUOTE_RETURNED, quote, actor, note=tidy(note)[:200])
    return quote


@transaction.atomic
def send_quote(
    quote: Quote,
    *,
    actor: Actor,
    to: str = "",
    expires: datetime.date | None = None,
    expected: int | None = None,
) -> QuoteLink:
    """Freeze a quote and open its link to the customer; again for a sent one only renews the link.

    Writing the mail is up to the caller (`sales.services.quote_mail`), in the same transaction.
    """
    quote = locked(quote)
    check_version(quote, expected)
    if quote.status == QuoteStatus.DRAFT and needs_approval(quote):
        raise RuleBroken(_("This discount needs approval before the quote is sent."), code="approval")
    if quote.status not in (QuoteStatus.DRAFT, QuoteStatus.APPROVED, QuoteStatus.SENT) or quote.deleted_at:
        raise RuleBroken(_("%(quote)s cannot be sent.") % {"quote": quote}, code="state")
    _complete(quote)
    try:
        to = normalise_email(to) if to else ""
    except EmailError as error:
        raise RuleBroken(error.message, field="to", code="email") from error
    with recording(QUOTE_SENT, quote, actor=actor, about=about(quote)) as draft:
        quote.status, quote.sent_at, quote.sent_to = QuoteStatus.SENT, timezone.now(), to or quote.sent_to
        save_versioned(quote, ["status", "sent_at", "sent_to"])
        draft.payload |= {"number": quote.label, "to": to or _("the customer")}
        draft.payload["amount"] = write_full(quote.amount, quote.currency)
    return _open_link(quote, actor, expires)


def _open_link(quote: Quote, actor: Actor, expires: datetime.date | None) -> QuoteLink:
    """One link at a time: the new one ends those before it."""
    quote.links.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
    last = company_midnight((expires or quote.valid_until) + datetime.timedelta(days=1))
    nonce = secrets.token_urlsafe(32)
    return QuoteLink.objects.create(
        quote=quote,
        nonce=nonce,
        digest=_digest(token_from(nonce)),
        expires_at=last if expires else last + GRACE,
        created_by_id=actor.user_id,
    )


def token_of(link: QuoteLink) -> str:
    """What stands in a link's address, made again with the secret key it was made with; empty where that key is gone."""
    tokens = (token_from(link.nonce, key) for key in secret_keys())
    return next((one for one in tokens if _digest(one) == link.digest), "")


def token_from(nonce: str, key: str | None = None) -> str:
    """256 bits nobody can guess, from a nonce and the secret key."""
    raw = salted_hmac(SALT, nonce, key, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def link_by_token(token: str) -> QuoteLink | None:
    """The link an address belongs to, unless it has run out, was withdrawn, or its quote is gone."""
    if not 40 <= len(token) <= 60 or not token.isascii():
        return None
    rows = QuoteLink.objects.select_related("quote", "quote__customer", "quote__owner", "quote__contact")
    return rows.filter(
        digest=_digest(token),
        revoked_at__isnull=True,
        expires_at__gt=timezone.now(),
    ).first()


@transaction.atomic
def revoke_link(quote: Quote, *, actor: Actor) -> int:
    """Close the customer's way to a quote; returns how many links ended."""
    quote = locked(quote)
    ended = quote.links.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
    if ended:
        said(QUOTE_LINK_REVOKED, quote, actor)
    return ended


@transaction.atomic
def note_view(link: QuoteLink, *, actor: Actor) -> Quote:
    """Count that the customer looked; the first look is told."""
    quote = lock(link.quote)
    first = quote.viewed_at is None
    now = timezone.now()
    Quote.objects.filter(pk=quote.pk).update(
        views=quote.views + 1, viewed_at=quote.viewed_at or now
    )  # no version: a reader must not make an editor's form stale
    if first:
        said(QUOTE_VIEWED, quote, actor)
        tell_seen(quote, actor)
    quote.views, quote.viewed_at = quote.views + 1, quote.viewed_at or now
    return quote


@transaction.atomic
def accept_quote(quote: Quote, *, by: str, actor: Actor, note: str = "", consent: str = "") -> Quote:
    """The customer agrees, by name; the same again changes nothing, and of one number only one version is accepted."""
    quote = locked(quote)
    if quote.status == QuoteStatus.ACCEPTED:
        return quote
    by = _answerable(quote, by)
    if Quote.objects.filter(number=quote.number, status=QuoteStatus.ACCEPTED).exists():
        raise RuleBroken(_("Another version of this quote was accepted already."), code="accepted")
    _answer(quote, QuoteStatus.ACCEPTED, by, note)
    said(QUOTE_ACCEPTED, quote, actor, by=by, note=quote.answer_note[:200], consent=consent[:1000])
    tell_answered(quote, actor)
    return quote


@transaction.atomic
def decline_quote(quote: Quote, *, by: str, actor: Actor, note: str = "") -> Quote:
    """The customer does not want it, with a word why; the same again changes nothing."""
    quote = locked(quote)
    if quote.status == QuoteStatus.DECLINED:
        return quote
    by = _answerable(quote, by)
    _answer(quote, QuoteStatus.DECLINED, by, note)
    said(QUOTE_DECLINED, quote, actor, by=by, note=quote.answer_note[:200])
    tell_answered(quote, actor)
    return quote


@transaction.atomic
def expire_quotes(*, actor: Actor, limit: int = 1000) -> int:
    """Close the sent quotes whose last day has passed; safe to run twice."""
    today = company_today()
    waiting = Quote.objects.filter(status=QuoteStatus.SENT, valid_until__lt=today).order_by("pk")
    done = 0
    for quote in waiting.select_for_update(skip_locked=True, of=("self",))[:limit]:
        quote.status = QuoteStatus.EXPIRED
        save_versioned(quote, ["status"])
        said(QUOTE_EXPIRED, quote, actor)
        done += 1
    return done


def _answerable(quote: Quote, by: str) -> str:
    """The name of whoever answers, if the quote still waits for an answer."""
    if quote.status == QuoteStatus.SENT and quote.is_expired(company_today()):
        raise RuleBroken(_("This quote has expired."), code="expired")
    if quote.status != QuoteStatus.SENT:
        raise RuleBroken(_("This quote does not wait for an answer."), code="state")
    by = tidy(by)
    if not by:
        raise RuleBroken(_("Enter your name."), field="by")
    if len(by) > 100:
        raise RuleBroken(_("This text is too long."), field="by")
    return by


def _answer(quote: Quote, status: str, by: str, note: str) -> None:
    quote.status, quote.closed_at, quote.answered_by = status, timezone.now(), by
    quote.answer_note = tidy(note)[:500]
    save_versioned(quote, ["status", "closed_at", "answered_by", "answer_note"])


def _put(quote: Quote, status: str) -> None:
    quote.status = status
    save_versioned(quote, ["status"])


def _complete(quote: Quote) -> None:
    """What a quote needs before others see it."""
    if not quote.lines.exists():
        raise RuleBroken(_("A quote needs at least one line."), field="lines", code="empty")
    if quote.valid_until < company_today():
        raise RuleBroken(_("The quote would have expired already."), field="valid_until", code="expired")


@transaction.atomic
def reopen_approved(quote: Quote, *, actor: Actor) -> Quote:
    """Make an approved quote a draft again; one that waits for approval is withdrawn there."""
    quote = locked(quote)
    if quote.status != QuoteStatus.APPROVED:
        raise RuleBroken(_("Only a quote that was not sent becomes a draft again."), code="frozen")
    return reopen_quote(quote, actor=actor)
