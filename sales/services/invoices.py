"""Invoices of orders: applied for, issued by finance, delivered; turned down, withdrawn, voided or reversed.

Every change locks customer and order first, so that two people never invoice past what the contract is worth.
"""

import datetime
from collections.abc import Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.services.cleaning import cleaned
from crm.core.clock import company_today
from crm.core.formats import percent
from crm.core.money import write_full
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, only, save_versioned, without_double
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.recording import record_event, recording
from sales.events.invoices import (
    INVOICE_APPLIED,
    INVOICE_DELIVERED,
    INVOICE_ISSUED,
    INVOICE_REJECTED,
    INVOICE_REVERSED,
    INVOICE_UPDATED,
    INVOICE_VOIDED,
    INVOICE_WITHDRAWN,
)
from sales.models import Invoice, InvoiceAmount, InvoiceKind, InvoiceStatus, Order
from sales.queries.invoices import room_of
from sales.rules.invoicing import spread, taxed
from sales.services.money import about_money, amount_of, check_sold, day_of, row_of, said_of
from sales.services.money_news import tell_applied, tell_decided
from sales.services.orders import locked

EDITABLE = frozenset({"kind", "title", "tax_number", "bank", "address", "content", "send_to", "note"})
# What still changes once it is issued: how it is sent and what one notes, never what is printed on it.
AFTERWARDS = frozenset({"send_to", "note"})
Amounts = Mapping[Decimal, Decimal]


@transaction.atomic
def apply_for_invoice(
    order: Order,
    *,
    actor: Actor,
    amount: Decimal | None = None,
    amounts: Amounts | None = None,
    **values: Any,
) -> Invoice:
    """Ask finance for an invoice over an amount with tax, given whole or by rate; never beyond the contract.

    A whole amount is spread over the contract's rates in proportion to what is left of each; without any, all that is
    left is asked for. Title and tax number are the customer's unless given.
    """
    only(EDITABLE, values)
    order = locked(order)
    check_sold(order)
    left = room_of(order)
    if amounts is None:
        amounts = spread(amount_of(amount), left) if amount is not None else left
    parts = {rate: amount_of(part) for rate, part in amounts.items() if part}
    _check_room(order, parts, left)
    customer = order.customer
    texts: dict[str, Any] = {"title": customer.name, "tax_number": customer.uscc or ""}
    texts |= {name: value for name, value in values.items() if value != "" or name not in texts}
    invoice = Invoice(order=order, applied_by_id=actor.user_id, **cleaned(Invoice, texts))
    _check_papers(invoice)
    _write(invoice, parts)
    payload = said_of(order, invoice.amount)
    record_event(INVOICE_APPLIED, invoice, actor=actor, payload=payload, about=about_money(order))
    tell_applied(invoice, actor)
    return invoice


@transaction.atomic
def update_invoice(invoice: Invoice, *, actor: Actor, expected: int | None = None, **values: Any) -> Invoice:
    """Correct what an invoice is to say; once it is issued only notes and where it is sent."""
    only(EDITABLE, values)
    order = locked(invoice.order)
    invoice = row_of(order, invoice)
    check_version(invoice, expected)
    values = cleaned(Invoice, values)
    changed = [name for name, value in values.items() if getattr(invoice, name) != value]
    if changed and not invoice.is_applied and set(changed) - AFTERWARDS:
        raise RuleBroken(
            _("What is decided stays as it is: reverse the invoice and apply anew."),
            field=next(iter(sorted(set(changed) - AFTERWARDS))),
            code="state",
        )
    with recording(INVOICE_UPDATED, invoice, actor=actor, about=about_money(order)):
        for name in changed:
            setattr(invoice, name, values[name])
        _check_papers(invoice)
        if changed:
            save_versioned(invoice, changed)
    return invoice


@transaction.atomic
def issue_invoice(
    invoice: Invoice,
    *,
    number: str,
    actor: Actor,
    issued_date: datetime.date | None = None,
    expected: int | None = None,
) -> Invoice:
    """Finance has issued it under the tax office's number; from now on it counts."""
    order, invoice = _step(invoice, InvoiceStatus.APPLIED, expected)
    check_sold(order)
    parts = {one.rate: one.amount for one in invoice.amounts.all()}
    _check_room(order, parts, room_of(order, without=invoice))
    invoice.number = _number(number)
    invoice.issued_date = day_of(issued_date or company_today(), "issued_date")
    invoice.issued_by_id = actor.user_id
    fields = ("number", "issued_date", "issued_by")
    _become(order, invoice, InvoiceStatus.ISSUED, INVOICE_ISSUED, actor, *fields)
    tell_decided(invoice, actor)
    return invoice


@transaction.atomic
def deliver_invoice(
    invoice: Invoice,
    *,
    actor: Actor,
    delivered_date: datetime.date | None = None,
    expected: int | None = None,
) -> Invoice:
    """The customer has it. Twice is once."""
    order, invoice = _step(invoice, None, expected)
    if invoice.status == InvoiceStatus.DELIVERED:
        return invoice
    if invoice.status != InvoiceStatus.ISSUED:
        raise _wrong_state(invoice)
    invoice.delivered_date = day_of(delivered_date or company_today(), "delivered_date")
    if invoice.issued_date and invoice.delivered_date < invoice.issued_date:
        raise RuleBroken(_("It was not issued by then."), field="delivered_date")
    return _become(order, invoice, InvoiceStatus.DELIVERED, INVOICE_DELIVERED, actor, "delivered_date")


@transaction.atomic
def reject_invoice(invoice: Invoice, *, reason: str, actor: Actor, expected: int | None = None) -> Invoice:
    """Finance does not issue it, and says why."""
    order, invoice = _step(invoice, InvoiceStatus.APPLIED, expected)
    invoice.reason = _reason(reason)
    _become(order, invoice, InvoiceStatus.REJECTED, INVOICE_REJECTED, actor, "reason", reason=invoice.reason)
    tell_decided(invoice, actor)
    return invoice


@transaction.atomic
def withdraw_invoice(invoice: Invoice, *, actor: Actor, expected: int | None = None) -> Invoice:
    """It is not wanted any more, and finance has not issued it yet. Twice is once."""
    order, invoice = _step(invoice, None, expected)
    if invoice.status == InvoiceStatus.VOIDED and not invoice.number:
        return invoice
    if not invoice.is_applied:
        raise _wrong_state(invoice)
    return _become(order, invoice, InvoiceStatus.VOIDED, INVOICE_WITHDRAWN, actor)


@transaction.atomic
def void_invoice(invoice: Invoice, *, reason: str, actor: Actor, expected: int | None = None) -> Invoice:
    """Void a paper invoice in the month it was issued (作废); a digital or older one is reversed instead (红冲)."""
    order, invoice = _step(invoice, None, expected)
    if invoice.status not in (InvoiceStatus.ISSUED, InvoiceStatus.DELIVERED) or invoice.is_reversal:
        raise _wrong_state(invoice)
    if not is_voidable(invoice):
        raise RuleBroken(_("Only a paper invoice of this month can be voided: reverse it."), code="state")
    if invoice.reversals.exists():
        raise RuleBroken(_("It is reversed in part already: reverse the rest."), code="state")
    invoice.reason = _reason(reason)
    return _become(
        order, invoice, InvoiceStatus.VOIDED, INVOICE_VOIDED, actor, "reason", reason=invoice.reason
    )


@transaction.atomic
def reverse_invoice(
    invoice: Invoice,
    *,
    number: str,
    reason: str,
    actor: Actor,
    amount: Decimal | None = None,
    issued_date: datetime.date | None = None,
    expected: int | None = None,
) -> Invoice:
    """Issue a negative invoice against one (红字发票), over all of it or a part; returns the negative one."""
    order, invoice = _step(invoice, None, expected)
    if invoice.status not in (InvoiceStatus.ISSUED, InvoiceStatus.DELIVERED) or invoice.is_reversal:
        raise _wrong_state(invoice)
    left = _to_reverse(invoice)
    whole = sum(left.values(), Decimal(0))
    amount = whole if amount is None else amount_of(amount)
    if amount > whole:
        raise RuleBroken(
            _("Only %(left)s of it are left to reverse.") % {"left": write_full(whole, order.currency)},
            field="amount",
            code="beyond",
        )
    reversal = Invoice(
        order=order,
        reverses=invoice,
        status=InvoiceStatus.ISSUED,
        number=_number(number),
        issued_date=day_of(issued_date or company_today(), "issued_date"),
        issued_by_id=actor.user_id,
        applied_by_id=actor.user_id,
        reason=_reason(reason),
        **{
            name: getattr(invoice, name)
            for name in ("kind", "title", "tax_number", "bank", "address", "content")
        },
    )
    if invoice.issued_date and reversal.issued_date < invoice.issued_date:
        raise RuleBroken(_("It was not issued by then."), field="issued_date")
    _write(reversal, {rate: -part for rate, part in spread(amount, left).items()})
    payload = said_of(order, reversal.amount) | {"invoice": invoice.number, "reason": reversal.reason}
    record_event(INVOICE_REVERSED, reversal, actor=actor, payload=payload, about=about_money(order))
    if amount == whole:
        _become(order, invoice, InvoiceStatus.REVERSED, INVOICE_UPDATED, actor)
    return reversal


def is_voidable(invoice: Invoice) -> bool:
    """Whether it is of the kind and month that can be voided; any other is reversed."""
    today, issued = company_today(), invoice.issued_date
    same_month = issued is not None and (issued.year, issued.month) == (today.year, today.month)
    return invoice.kind != InvoiceKind.DIGITAL and same_month


def left_to_reverse(invoice: Invoice) -> Decimal:
    """What of an invoice is not reversed yet."""
    return sum(_to_reverse(invoice).values(), Decimal(0))


# --- What these share ---------------------------------------------------------------------------------------------


def _step(invoice: Invoice, status: str | None, expected: int | None) -> tuple[Order, Invoice]:
    order = locked(invoice.order)
    invoice = row_of(order, invoice)
    check_version(invoice, expected)
    if status is not None and invoice.status != status:
        raise _wrong_state(invoice)
    return order, invoice


def _to_reverse(invoice: Invoice) -> dict[Decimal, Decimal]:
    left = {one.rate: one.amount for one in invoice.amounts.all()}
    for one in InvoiceAmount.objects.filter(invoice__reverses=invoice):
        left[one.rate] += one.amount
    return left


def _wrong_state(invoice: Invoice) -> RuleBroken:
    return RuleBroken(
        _("This does not go with an invoice that is “%(status)s”.")
        % {"status": invoice.get_status_display()},
        code="state",
    )


def _become(
    order: Order, invoice: Invoice, to: str, event: EventType, actor: Actor, *fields: str, **payload: str
) -> Invoice:
    said = said_of(order, invoice.amount) | {"invoice": invoice.number, **payload}
    with recording(event, invoice, actor=actor, payload=said, about=about_money(order)):
        invoice.status = InvoiceStatus(to)
        with _known_once():
            save_versioned(invoice, ["status", *fields])
    return invoice


def _write(invoice: Invoice, parts: Amounts) -> None:
    """Save a new invoice with its amounts by rate."""
    rows = [InvoiceAmount(rate=rate, amount=part) for rate, part in parts.items()]
    for row in rows:
        row.net, row.tax = taxed(row.amount, row.rate)
    for name in ("amount", "net", "tax"):
        setattr(invoice, name, sum((getattr(row, name) for row in rows), Decimal(0)))
    with _known_once():
        invoice.save()
    for row in rows:
        row.invoice = invoice
    InvoiceAmount._base_manager.bulk_create(rows)


def _known_once() -> AbstractContextManager[None]:
    """What the database keeps once, and how people are told."""
    return without_double(number=_("There is an invoice with this number already."))


def _check_room(order: Order, parts: Amounts, left: Amounts) -> None:
    """Together, applications included and reversals taken off, never more than the contract, nor than it has at a rate."""
    if not parts:
        raise RuleBroken(_("Nothing of this contract is left to invoice."), field="amount", code="beyond")
    for rate, part in parts.items():
        room = left.get(rate, Decimal(0))
        if part > room:
            raise RuleBroken(
                _("Only %(left)s are left to invoice at %(rate)s.")
                % {"left": write_full(room, order.currency), "rate": percent(rate, 2)},
                field="amount",
                code="beyond",
            )


def _check_papers(invoice: Invoice) -> None:
    """A title always, a tax number on what deducts input tax."""
    if not invoice.title:
        raise RuleBroken(_("Enter the invoice title."), field="title")
    if invoice.kind == InvoiceKind.SPECIAL and not invoice.tax_number:
        raise RuleBroken(_("A special VAT invoice needs the tax number."), field="tax_number")


def _number(number: str) -> str:
    number = tidy(number)[:40]
    if not number:
        raise RuleBroken(_("Enter the number of the invoice."), field="number")
    return number


def _reason(reason: str) -> str:
    reason = tidy(reason)[:300]
    if not reason:
        raise RuleBroken(_("Give a reason."), field="reason")
    return reason
