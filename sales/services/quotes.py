"""Quotes: made, changed while they are drafts, a new version after they were sent, copied, binned."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.services.cleaning import cleaned
from accounts.services.customer_dates import lock_customers
from crm.core.clock import company_today
from crm.core.money import BASE_CURRENCY, write_full
from crm.core.writes import RuleBroken, check_version, lock, only, save_versioned
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.recording import record_event, recording
from crm.identity.models import Team, User
from crm.records.services.custom_values import check_free, settle
from sales.events.quotes import (
    QUOTE_CREATED,
    QUOTE_DELETED,
    QUOTE_LINES_CHANGED,
    QUOTE_RESTORED,
    QUOTE_REVISED,
    QUOTE_UPDATED,
)
from sales.models import NumberRule, Opportunity, Quote, QuoteStatus
from sales.rules.contracts import QUOTE_VALID_DAYS
from sales.services.lines import (
    Draft,
    Reckoned,
    check_book,
    check_currency,
    drafts_of,
    put_totals,
    reckon,
    write_lines,
)
from sales.services.numbering import next_number, number_taken

EDITABLE = (
    "name", "contact", "opportunity", "price_book", "currency", "tax_included", "valid_until", "language",
    "payment_terms", "delivery_terms", "note", "custom",
)  # fmt: skip
FROZEN = frozenset({QuoteStatus.SENT, QuoteStatus.DECLINED, QuoteStatus.EXPIRED})
COPIED = ("name", "contact", "price_book", "currency", "tax_included", "language", "payment_terms",
          "delivery_terms", "note", "custom")  # fmt: skip


@transaction.atomic
def create_quote(
    customer: Customer,
    *,
    actor: Actor,
    owner: User | None,
    lines: Iterable[Draft] = (),
    team: Team | None = None,
    **values: Any,
) -> Quote:
    """Make an offer to a customer, valid for 30 days unless said otherwise; a deal's products are its first lines."""
    only(EDITABLE, values)
    customer = lock_customers([customer.pk])[0]
    if customer.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": customer.name}, field="customer")
    opportunity = values.get("opportunity")
    drafts = list(lines)
    if opportunity is not None and not drafts:
        drafts = drafts_of(opportunity.lines.select_related("product"))
    if not values.get("name"):
        values["name"] = opportunity.name if opportunity else customer.name
    custom = values.pop("custom", {})
    values = cleaned(Quote, values)
    quote = Quote(customer=customer, owner=owner, team=team or (owner.team if owner else None), **values)
    quote.valid_until = quote.valid_until or company_today() + datetime.timedelta(days=QUOTE_VALID_DAYS)
    if "currency" not in values:
        quote.currency = quote.price_book.currency if quote.price_book else _currency_of(opportunity)
    quote.owner_since = timezone.now()
    _check_rules(quote)
    reckoned = _reckon(quote, drafts)
    put_totals(quote, reckoned)
    quote.number = next_number(NumberRule.Kind.QUOTE, number_taken(Quote))
    quote.custom = settle(quote, custom)
    quote.fill_search()
    quote.save()
    write_lines(quote, reckoned)
    said(QUOTE_CREATED, quote, actor)
    return quote


@transaction.atomic
def update_quote(
    quote: Quote,
    *,
    actor: Actor,
    expected: int | None = None,
    lines: Iterable[Draft] | None = None,
    **values: Any,
) -> Quote:
    """Change a draft: its fields, its lines, or both. One that was sent is frozen: `revise_quote` makes a new version."""
    only(EDITABLE, values)
    quote = locked(quote)
    check_version(quote, expected)
    if not quote.is_draft:
        raise RuleBroken(
            _("%(quote)s is no draft: make a new version of it.") % {"quote": quote}, code="frozen"
        )
    before = write_full(quote.amount, quote.currency)
    drafts = drafts_of(quote.lines.select_related("product")) if lines is None else list(lines)
    custom = values.pop("custom", None)
    values = cleaned(Quote, values)
    changed = {name: value for name, value in values.items() if getattr(quote, name) != value}
    with recording(QUOTE_UPDATED, quote, actor=actor, about=about(quote)):
        for name, value in changed.items():
            setattr(quote, name, value)
        settled = settle(quote, custom or {}, changed=changed)
        if settled != quote.custom:
            changed["custom"] = quote.custom = settled
        reckons = lines is not None or bool({"currency", "tax_included", "price_book"} & set(changed))
        if not changed and not reckons:
            return quote
        _check_rules(quote)
        fields = [*changed, *quote.fill_search()]
        if reckons:
            reckoned = _reckon(quote, drafts)
            fields += put_totals(quote, reckoned)
            write_lines(quote, reckoned)
        save_versioned(quote, fields)
    if lines is not None and write_full(quote.amount, quote.currency) != before:
        said(QUOTE_LINES_CHANGED, quote, actor, before=before)
    return quote


@transaction.atomic
def revise_quote(quote: Quote, *, actor: Actor, expected: int | None = None) -> Quote:
    """The next version of a quote that left the house, as a draft; the version before is superseded, its link ends.

    Whoever comes second gets the version the first one began.
    """
    quote = locked(quote)
    newer = Quote.objects.filter(supersedes=quote).first()
    if newer is not None:
        return newer
    check_version(quote, expected)
    if quote.status not in FROZEN or quote.deleted_at is not None:
        raise RuleBroken(_("Only a quote that was sent gets a new version."), code="not_sent")
    lines = drafts_of(quote.lines.select_related("product"))
    with recording(QUOTE_UPDATED, quote, actor=actor, about=about(quote)):
        quote.status = QuoteStatus.SUPERSEDED
        save_versioned(quote, ["status"])
    fresh = _copy(quote, opportunity=quote.opportunity, owner=quote.owner, team=quote.team)
    fresh.number, fresh.revision, fresh.supersedes = quote.number, quote.revision + 1, quote
    _store(fresh, lines)
    said(QUOTE_REVISED, fresh, actor, before=quote.label)
    return fresh


@transaction.atomic
def copy_quote(quote: Quote, *, actor: Actor, owner: User | None, customer: Customer | None = None) -> Quote:
    """A new quote with the same lines, under a number of its own; for another customer if one is named."""
    target = lock_customers([(customer or quote.customer).pk])[0]
    if target.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": target.name}, field="customer")
    same = target.pk == quote.customer_id
    fresh = _copy(
        quote,
        customer=target,
        contact=quote.contact if same else None,
        opportunity=quote.opportunity if same else None,
        owner=owner,
        team=owner.team if owner else None,
    )
    fresh.number = next_number(NumberRule.Kind.QUOTE, number_taken(Quote))
    _store(fresh, drafts_of(quote.lines.select_related("product")))
    said(QUOTE_CREATED, fresh, actor)
    return fresh


@transaction.atomic
def delete_quote(quote: Quote, *, actor: Actor, expected: int | None = None) -> Quote:
    """Move a draft to the bin; what a customer has seen stays."""
    quote = locked(quote)
    check_version(quote, expected)
    if quote.deleted_at is not None:
        return quote
    if not quote.is_draft:
        raise RuleBroken(
            _("%(quote)s was sent or is being decided, and stays.") % {"quote": quote}, code="frozen"
        )
    before = quote.supersedes
    with recording(QUOTE_DELETED, quote, actor=actor, always=True, about=about(quote)):
        quote.deleted_at, quote.deleted_by_id, quote.supersedes = timezone.now(), actor.user_id, None
        save_versioned(quote, ["deleted_at", "deleted_by_id", "supersedes"])
    if before is not None:  # what the customer has is the offer again
        with recording(QUOTE_UPDATED, before, actor=actor, about=about(before)):
            before.status = QuoteStatus.DECLINED if before.closed_at else QuoteStatus.SENT
            save_versioned(before, ["status"])
    return quote


@transaction.atomic
def restore_quote(quote: Quote, *, actor: Actor) -> Quote:
    """Take a quote out of the bin; a version stands above the one before it again."""
    quote = locked(quote)
    if quote.deleted_at is None:
        return quote
    others = Quote.objects.filter(number=quote.number)
    if others.filter(revision__gte=quote.revision).exists():
        raise RuleBroken(_("There is a newer version of %(quote)s.") % {"quote": quote}, code="conflict")
    check_free(quote)
    before = others.order_by("-revision").first()
    if before is not None:
        if before.status not in FROZEN:
            raise RuleBroken(_("%(quote)s was answered meanwhile.") % {"quote": before}, code="conflict")
        with recording(QUOTE_UPDATED, before, actor=actor, about=about(before)):
            before.status = QuoteStatus.SUPERSEDED
            save_versioned(before, ["status"])
    with recording(QUOTE_RESTORED, quote, actor=actor, always=True, about=about(quote)):
        quote.deleted_at = quote.deleted_by_id = None
        quote.supersedes = before
        save_versioned(quote, ["deleted_at", "deleted_by_id", "supersedes"])
    return quote


# --- What the services of quotes share ----------------------------------------------------------------------------


def locked(quote: Quote) -> Quote:
    """The quote locked after its customer, as every change does, so that no two wait for each other."""
    lock_customers([quote.customer_id])
    return lock(quote)


def about(quote: Quote) -> list[models.Model]:
    """On whose timelines what happens to a quote stands."""
    return [record for record in (quote.customer, quote.opportunity) if record is not None]


def said(event: EventType, quote: Quote, actor: Actor, **payload: Any) -> None:
    """Record what happened to a quote, with its number and amount."""
    payload = {"number": quote.label, "amount": write_full(quote.amount, quote.currency)} | payload
    record_event(event, quote, actor=actor, payload=payload, about=about(quote))


def _copy(quote: Quote, **values: Any) -> Quote:
    """A draft with the terms of another quote, valid as long from today as a new one."""
    return Quote(
        **{"customer": quote.customer}
        | {name: getattr(quote, name) for name in COPIED}
        | {
            "valid_until": company_today() + datetime.timedelta(days=QUOTE_VALID_DAYS),
            "owner_since": timezone.now(),
        }
        | values
    )


def _store(quote: Quote, drafts: Iterable[Draft]) -> None:
    reckoned = _reckon(quote, drafts)
    put_totals(quote, reckoned)
    quote.fill_search()
    quote.save()
    write_lines(quote, reckoned)


def _reckon(quote: Quote, drafts: Iterable[Draft]) -> Reckoned:
    return reckon(
        drafts,
        currency=quote.currency,
        tax_included=quote.tax_included,
        day=company_today(),
        book=quote.price_book,
    )


def _currency_of(opportunity: Opportunity | None) -> str:
    return opportunity.currency if opportunity else BASE_CURRENCY


def _check_rules(quote: Quote) -> None:
    check_currency(quote.currency)
    check_book(quote.price_book, quote.currency)
    check_people(quote)
    if quote.opportunity is not None and quote.opportunity.currency != quote.currency:
        raise RuleBroken(
            _("The opportunity is in %(theirs)s; a quote for it cannot be in %(ours)s.")
            % {"theirs": quote.opportunity.currency, "ours": quote.currency},
            field="currency",
        )


def check_people(record: Any) -> None:
    """The contact and the deal have to be the customer's own."""
    contact, opportunity = record.contact, record.opportunity
    at_home = contact is None or contact.customer_id == record.customer_id
    if not at_home and not contact.links.filter(customer=record.customer_id).exists():
        raise RuleBroken(_("This person belongs to another customer."), field="contact")
    if opportunity is not None and opportunity.customer_id != record.customer_id:
        raise RuleBroken(_("This opportunity is with another customer."), field="opportunity")
