"""Orders and contracts: made by hand or from an accepted quote, changed while they are drafts, amended, binned."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.models.customer import ALIVE
from accounts.services.cleaning import cleaned
from accounts.services.customer_dates import lock_customers
from crm.core.clock import company_today
from crm.core.money import write_full
from crm.core.pinyin import sort_key
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, only, save_versioned, without_double
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.recording import record_event, recording
from crm.identity.models import Team, User
from crm.records.services.custom_values import check_free, settle
from sales.events.orders import (
    ORDER_AMENDED,
    ORDER_CREATED,
    ORDER_DELETED,
    ORDER_LINES_CHANGED,
    ORDER_RENEWED,
    ORDER_RESTORED,
    ORDER_UPDATED,
)
from sales.models import Order, OrderKind, OrderStatus, OrderVersion, Quote, QuoteStatus
from sales.rules.contracts import renewed_term
from sales.services.lines import (
    AMOUNTS,
    COPIED,
    Draft,
    Reckoned,
    check_currency,
    drafts_of,
    put_totals,
    reckon,
    write_lines,
)
from sales.services.numbering import is_gapless, next_number, number_taken
from sales.services.quotes import check_people
from sales.services.quotes import locked as locked_quote

EDITABLE = (
    "name", "contact", "opportunity", "currency", "tax_included", "signed_date", "start_date", "end_date",
    "payment_terms", "delivery_terms", "note", "external_id", "custom",
)  # fmt: skip
# What still changes when it is decided: notes and papers, never money, parties or term.
AFTERWARDS = frozenset({"note", "external_id", "custom", "contact"})


@transaction.atomic
def create_order(
    customer: Customer,
    *,
    actor: Actor,
    owner: User | None,
    kind: str = OrderKind.CONTRACT,
    number: str = "",
    lines: Iterable[Draft] = (),
    team: Team | None = None,
    **values: Any,
) -> Order:
    """Make a draft of an order or contract; without a number of its own it gets the next one of the company's."""
    only(EDITABLE, values)
    customer = lock_customers([customer.pk])[0]
    if customer.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": customer.name}, field="customer")
    order = Order(customer=customer, owner=owner, team=team or (owner.team if owner else None))
    custom = values.pop("custom", {})
    if not values.get("name"):
        values["name"] = values["opportunity"].name if values.get("opportunity") else customer.name
    for name, value in cleaned(Order, {"kind": kind, "number": number, **values}).items():
        setattr(order, name, value)
    _store(order, list(lines), custom)
    said(ORDER_CREATED, order, actor)
    return order


@transaction.atomic
def order_from_quote(
    quote: Quote, *, actor: Actor, owner: User | None = None, kind: str = OrderKind.CONTRACT
) -> Order:
    """Make an accepted quote an order or contract, with its very lines and prices; a second click gives the same one."""
    quote = locked_quote(quote)
    made = quote.orders.exclude(status=OrderStatus.VOIDED).first()
    if made is not None:
        return made
    if quote.status != QuoteStatus.ACCEPTED:
        raise RuleBroken(_("Only an accepted quote becomes an order."), code="not_accepted")
    order = Order(
        customer=quote.customer,
        contact=quote.contact,
        opportunity=quote.opportunity,
        quote=quote,
        owner=owner or quote.owner,
        team=(owner or quote.owner).team if owner or quote.owner else quote.team,
        name=quote.name,
        kind=cleaned(Order, {"kind": kind})["kind"],
        currency=quote.currency,
        tax_included=quote.tax_included,
        payment_terms=quote.payment_terms,
        delivery_terms=quote.delivery_terms,
    )
    rows = [
        {name: getattr(line, name) for name in (*COPIED, "position", *AMOUNTS)}
        for line in quote.lines.select_related("product")
    ]
    for name in (*AMOUNTS, "discount"):
        setattr(order, name, getattr(quote, name))
    _save_new(order, {})
    lines = order.lines.model
    lines._base_manager.bulk_create([lines(order=order, **row) for row in rows])
    said(ORDER_CREATED, order, actor, quote=quote.label)
    return order


@transaction.atomic
def update_order(
    order: Order,
    *,
    actor: Actor,
    expected: int | None = None,
    lines: Iterable[Draft] | None = None,
    payload: Mapping[str, Any] | None = None,
    **values: Any,
) -> Order:
    """Change a draft; of what is approved or signed only notes and papers change, the rest by an amendment.

    `payload` says where the change comes from.
    """
    only(EDITABLE, values)
    order = locked(order)
    check_version(order, expected)
    if order.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": order.name}, code="deleted")
    custom = values.pop("custom", None)
    values = cleaned(Order, values)
    changed = {name: value for name, value in values.items() if getattr(order, name) != value}
    if not order.is_draft and (lines is not None or set(changed) - AFTERWARDS):
        field = next(iter(set(changed) - AFTERWARDS), "lines")
        raise RuleBroken(
            _("%(number)s is decided: change it by an amendment.") % {"number": order.number},
            field=field,
            code="frozen",
        )
    if "currency" in changed and (order.effective_date is not None or order.plan.exists()):
        raise RuleBroken(
            _("Its payments are in %(currency)s: it keeps that currency.") % {"currency": order.currency},
            field="currency",
            code="frozen",
        )
    before = write_full(order.amount, order.currency)
    drafts = drafts_of(order.lines.select_related("product")) if lines is None else list(lines)
    with recording(ORDER_UPDATED, order, actor=actor, about=about(order)) as draft:
        for name, value in changed.items():
            setattr(order, name, value)
        settled = settle(order, custom or {}, changed=changed)
        if settled != order.custom:
            changed["custom"] = order.custom = settled
        reckons = lines is not None or bool({"currency", "tax_included"} & set(changed))
        if not changed and not reckons:
            return order
        draft.payload.update(payload or {})
        _check_rules(order)
        order.name_sort = sort_key(order.name)
        fields = [*changed, "name_sort", *order.fill_search()]
        if reckons:
            reckoned = _reckon(order, drafts)
            fields += put_totals(order, reckoned)
            write_lines(order, reckoned)
        with _known_once():
            save_versioned(order, fields)
    if lines is not None and write_full(order.amount, order.currency) != before:
        said(ORDER_LINES_CHANGED, order, actor, before=before)
    return order


@transaction.atomic
def amend_order(order: Order, *, reason: str, actor: Actor, expected: int | None = None) -> Order:
    """Open what was approved or signed for a change: the version so far is kept, the next one is approved again.

    It stays sold from the day it became effective; until the amendment is signed its old papers hold.
    """
    order = locked(order)
    check_version(order, expected)
    reason = tidy(reason)[:300]
    if not reason:
        raise RuleBroken(_("Say what changes and why."), field="reason")
    if order.status not in (OrderStatus.APPROVED, OrderStatus.EFFECTIVE, OrderStatus.FULFILLING):
        raise RuleBroken(_("Only what is approved or running is amended."), code="state")
    OrderVersion(
        order=order,
        revision=order.revision,
        amount=order.amount,
        snapshot=snapshot(order),
        reason=reason,
        actor_id=actor.id,
        actor_name=actor.name,
    ).save()
    with recording(ORDER_AMENDED, order, actor=actor, about=about(order)) as draft:
        draft.payload |= {"number": order.number, "reason": reason}
        order.status, order.revision = OrderStatus.DRAFT, order.revision + 1
        save_versioned(order, ["status", "revision"])
    return order


@transaction.atomic
def renew_order(order: Order, *, actor: Actor, owner: User | None = None) -> Order:
    """The next term of a contract as a draft: same lines, the term after its end; a second click gives the same one."""
    order = locked(order)
    begun = order.renewals.exclude(status=OrderStatus.VOIDED).first()
    if begun is not None:
        return begun
    if order.end_date is None or not order.is_effective:
        raise RuleBroken(_("Only a signed contract with an end is renewed."), code="state")
    begins, ends = renewed_term(order.start_date or order.effective_date, order.end_date)
    fresh = Order(
        customer=order.customer,
        contact=order.contact,
        owner=owner or order.owner,
        team=order.team,
        kind=order.kind,
        name=order.name,
        renews=order,
        currency=order.currency,
        tax_included=order.tax_included,
        start_date=begins,
        end_date=ends,
        payment_terms=order.payment_terms,
        delivery_terms=order.delivery_terms,
        note=order.note,
    )
    _store(fresh, drafts_of(order.lines.select_related("product")), {})
    said(ORDER_RENEWED, order, actor, number=fresh.number, before=order.number)
    said(ORDER_CREATED, fresh, actor)
    return fresh


@transaction.atomic
def delete_order(order: Order, *, actor: Actor, expected: int | None = None) -> Order:
    """Move a draft to the bin; what was ever signed, and numbers that must have no gaps, are voided instead."""
    order = locked(order)
    check_version(order, expected)
    if order.deleted_at is not None:
        return order
    if _is_in_the_books(order):
        raise RuleBroken(
            _("%(number)s is part of the books: void it instead.") % {"number": order.number}, code="frozen"
        )
    if is_gapless(order.kind):
        raise RuleBroken(
            _("Numbers without gaps: void %(number)s instead.") % {"number": order.number}, code="gapless"
        )
    with recording(ORDER_DELETED, order, actor=actor, always=True, about=about(order)):
        order.deleted_at, order.deleted_by_id = timezone.now(), actor.user_id
        save_versioned(order, ["deleted_at", "deleted_by_id"])
    return order


@transaction.atomic
def restore_order(order: Order, *, actor: Actor) -> Order:
    """Take an order out of the bin."""
    order = locked(order)
    if order.deleted_at is None:
        return order
    rows = Order._base_manager.filter(ALIVE)
    if rows.filter(number=order.number).exists():
        raise RuleBroken(
            _("%(number)s is the number of another order now.") % {"number": order.number}, code="conflict"
        )
    if order.quote_id and rows.filter(quote=order.quote_id).exclude(status=OrderStatus.VOIDED).exists():
        raise RuleBroken(_("The quote has become another order meanwhile."), code="conflict")
    check_free(order)
    with recording(ORDER_RESTORED, order, actor=actor, always=True, about=about(order)):
        order.deleted_at = order.deleted_by_id = None
        with _known_once():
            save_versioned(order, ["deleted_at", "deleted_by_id"])
    return order


# --- What the services of orders share ----------------------------------------------------------------------------


def is_deletable(order: Order) -> bool:
    """Whether an order may go to the bin: a draft that was never signed, under a number that may leave a gap."""
    return not _is_in_the_books(order) and not is_gapless(order.kind)


def _is_in_the_books(order: Order) -> bool:
    return not order.is_draft or order.effective_date is not None or order.revision > 1


def locked(order: Order) -> Order:
    """The order locked after its customer, as every change does, so that no two wait for each other."""
    lock_customers([order.customer_id])
    return lock(order)


def about(order: Order) -> list[models.Model]:
    """On whose timelines what happens to an order stands."""
    return [record for record in (order.customer, order.opportunity) if record is not None]


def said(event: EventType, order: Order, actor: Actor, **payload: Any) -> None:
    """Record what happened to an order, with its number and amount."""
    payload = {"number": order.number, "amount": write_full(order.amount, order.currency)} | payload
    record_event(event, order, actor=actor, payload=payload, about=about(order))


def snapshot(order: Order) -> dict[str, Any]:
    """What an order says now, as an earlier version keeps it: terms, sums and lines, numbers as text."""
    terms = ("name", "number", "currency", "payment_terms", "delivery_terms", "note")
    dates = ("signed_date", "start_date", "end_date", "effective_date")
    line = ("position", "name", "description", "unit", "quantity", "price", "discount", "tax_rate", *AMOUNTS)
    return {
        **{name: getattr(order, name) for name in terms},
        **{name: day.isoformat() if (day := getattr(order, name)) else None for name in dates},
        **{name: str(getattr(order, name)) for name in (*AMOUNTS, "discount")},
        "tax_included": order.tax_included,
        "lines": [{name: str(getattr(row, name)) for name in line} for row in order.lines.all()],
    }


def _store(order: Order, drafts: list[Draft], custom: Mapping[str, Any]) -> None:
    _check_rules(order)
    reckoned = _reckon(order, drafts)
    put_totals(order, reckoned)
    _save_new(order, custom)
    write_lines(order, reckoned)


def _save_new(order: Order, custom: Mapping[str, Any]) -> None:
    order.owner_since = timezone.now()
    if not order.number:
        order.number = next_number(order.kind, number_taken(Order))
    order.custom = settle(order, custom)
    order.fill_search()
    with _known_once():
        order.save()


def _reckon(order: Order, drafts: Iterable[Draft]) -> Reckoned:
    """Amounts by the rates of the day it was signed, so that a contract of last year keeps last year's tax."""
    day = order.signed_date or company_today()
    return reckon(drafts, currency=order.currency, tax_included=order.tax_included, day=day)


def _check_rules(order: Order) -> None:
    check_currency(order.currency)
    check_people(order)
    if order.start_date and order.end_date and order.end_date < order.start_date:
        raise RuleBroken(_("It would end before it begins."), field="end_date")
    if order.signed_date and order.signed_date > company_today():
        raise RuleBroken(_("This day lies in the future."), field="signed_date")


def _known_once() -> AbstractContextManager[None]:
    """What the database keeps once, and how people are told."""
    return without_double(
        number=_("There is an order or contract with this number already."),
        external_id=_("There is an order or contract with this external ID already."),
    )
