"""Money of orders: instalments planned, receipts recorded, confirmed by finance and spread over the instalments.

Every change locks customer and order first, so that two people never plan or confirm past what the contract is worth.
"""

import datetime
from collections.abc import Iterable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.cleaning import cleaned
from crm.core.clock import company_today
from crm.core.money import write_full
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, save_versioned, without_double
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from sales.events.money import (
    PAYMENT_PLAN_CHANGED,
    PAYMENT_PLANNED,
    PAYMENT_UNPLANNED,
    RECEIPT_CONFIRMED,
    RECEIPT_RECORDED,
    RECEIPT_UPDATED,
    RECEIPT_VOIDED,
)
from sales.events.orders import ORDER_REFUNDED, ORDER_UPDATED
from sales.models import InvoiceStatus, Order, PaymentMethod, PaymentPlan, Receipt, ReceiptStatus
from sales.models.invoice import IN_BOOKS
from sales.rules import payments
from sales.services.first_deals import note_bought, note_unsold
from sales.services.invoices import withdraw_invoice
from sales.services.money import about_money, amount_of, check_alive, check_sold, day_of, row_of, said_of
from sales.services.money_news import tell_receipt_decided, tell_recorded
from sales.services.orders import about, locked
from sales.services.refunds import check_agreed
from sales.services.settling import confirmed_of, settle

MOST_INSTALMENTS = 120
EDITABLE = frozenset({"received_date", "amount", "method", "reference", "note", "external_id"})


@transaction.atomic
def plan_payments(
    order: Order, instalments: Iterable[tuple[datetime.date, Decimal, str]], *, actor: Actor
) -> list[PaymentPlan]:
    """Add instalments (day, amount, note) to an order's plan; together never more than the contract is worth."""
    order = locked(order)
    check_alive(order)
    rows = [
        PaymentPlan(order=order, due_date=day, amount=amount_of(amount), note=tidy(note)[:200])
        for day, amount, note in instalments
    ]
    if not rows:
        raise RuleBroken(_("Enter an amount."), field="amount")
    planned = _planned(order)
    if len(rows) + order.plan.count() > MOST_INSTALMENTS:
        raise RuleBroken(
            _("At most %(count)d instalments.") % {"count": MOST_INSTALMENTS}, field="parts", code="too_many"
        )
    new = sum((row.amount for row in rows), Decimal(0))
    beyond_plan(order, planned + new, left=order.amount - planned)
    PaymentPlan._base_manager.bulk_create(rows)
    settle([order.pk])
    record_event(PAYMENT_PLANNED, order, actor=actor, payload=said_of(order, new), about=about(order))
    return rows


@transaction.atomic
def change_instalment(
    instalment: PaymentPlan,
    *,
    actor: Actor,
    due_date: datetime.date | None = None,
    amount: Decimal | None = None,
    note: str | None = None,
    expected: int | None = None,
) -> PaymentPlan:
    """Change day, amount or note of an instalment; the receipts are spread over the plan anew."""
    order = locked(instalment.order)
    instalment = row_of(order, instalment)
    check_version(instalment, expected)
    check_alive(order)
    before = instalment.amount
    values: dict[str, Any] = {}
    if due_date is not None:
        values["due_date"] = due_date
    if amount is not None:
        values["amount"] = amount_of(amount)
        planned = _planned(order) - before
        beyond_plan(order, planned + values["amount"], left=order.amount - planned)
    if note is not None:
        values["note"] = tidy(note)[:200]
    changed = [name for name, value in values.items() if getattr(instalment, name) != value]
    if not changed:
        return instalment
    for name in changed:
        setattr(instalment, name, values[name])
    # What it has received is settled again below; until then it must not be more than it asks for.
    instalment.received = min(instalment.received, instalment.amount)
    save_versioned(instalment, [*changed, "received"])
    settle([order.pk])
    instalment.refresh_from_db()
    payload = said_of(order, instalment.amount) | {
        "before": write_full(before, order.currency),
        "day": instalment.due_date.isoformat(),
    }
    record_event(PAYMENT_PLAN_CHANGED, order, actor=actor, payload=payload, about=about(order))
    return instalment


@transaction.atomic
def remove_instalment(instalment: PaymentPlan, *, actor: Actor, expected: int | None = None) -> None:
    """Take an instalment out of the plan; what had been received for it goes to the others. Twice is once."""
    order = locked(instalment.order)
    row = order.plan.filter(pk=instalment.pk).first()
    if row is None:
        return
    check_version(row, expected)
    payload = said_of(order, row.amount)
    row.delete()
    settle([order.pk])
    record_event(PAYMENT_UNPLANNED, order, actor=actor, payload=payload, about=about(order))


@transaction.atomic
def record_receipt(
    order: Order,
    *,
    actor: Actor,
    amount: Decimal,
    received_date: datetime.date | None = None,
    method: str = PaymentMethod.TRANSFER,
    reference: str = "",
    note: str = "",
    external_id: str = "",
) -> Receipt:
    """Note that money came in for a signed contract (negative: went back); it counts once finance has confirmed it."""
    order = locked(order)
    check_sold(order)
    values = {"method": method, "reference": reference, "note": note, "external_id": external_id}
    receipt = Receipt(
        order=order,
        amount=amount_of(amount, signed=True),
        received_date=day_of(received_date or company_today()),
        **cleaned(Receipt, values),
    )
    _check_receipt(order, receipt.amount)
    with _known_once():
        receipt.save()
    record_event(
        RECEIPT_RECORDED,
        receipt,
        actor=actor,
        payload=said_of(order, receipt.amount),
        about=about_money(order),
    )
    tell_recorded(receipt, actor)
    return receipt


@transaction.atomic
def update_receipt(receipt: Receipt, *, actor: Actor, expected: int | None = None, **values: Any) -> Receipt:
    """Correct a receipt that is not confirmed yet."""
    if set(values) - EDITABLE:
        raise TypeError(f"not to be edited this way: {sorted(set(values) - EDITABLE)}")
    order = locked(receipt.order)
    receipt = row_of(order, receipt)
    check_version(receipt, expected)
    if not receipt.is_draft:
        raise RuleBroken(_("Only what is not confirmed yet can be corrected: void it instead."), code="state")
    if "amount" in values:
        values["amount"] = amount_of(values["amount"], signed=True)
        _check_receipt(order, values["amount"])
    if "received_date" in values:
        values["received_date"] = day_of(values["received_date"])
    values = cleaned(Receipt, values)
    with recording(RECEIPT_UPDATED, receipt, actor=actor, about=about_money(order)):
        changed = [name for name, value in values.items() if getattr(receipt, name) != value]
        for name in changed:
            setattr(receipt, name, values[name])
        if changed:
            with _known_once():
                save_versioned(receipt, changed)
    return receipt


@transaction.atomic
def confirm_receipt(receipt: Receipt, *, actor: Actor, expected: int | None = None) -> Receipt:
    """Finance has seen the money: it counts, and settles the oldest instalments first. Twice is once."""
    order = locked(receipt.order)
    receipt = row_of(order, receipt)
    if receipt.is_confirmed:
        return receipt
    check_version(receipt, expected)
    if not receipt.is_draft:
        raise RuleBroken(_("It was voided: record it anew."), code="state")
    check_sold(order)
    _check_receipt(order, receipt.amount)
    check_agreed(receipt)
    with recording(
        RECEIPT_CONFIRMED,
        receipt,
        actor=actor,
        payload=said_of(order, receipt.amount),
        about=about_money(order),
    ):
        receipt.status = ReceiptStatus.CONFIRMED
        receipt.confirmed_at, receipt.confirmed_by_id = timezone.now(), actor.user_id
        save_versioned(receipt, ["status", "confirmed_at", "confirmed_by"])
    settle([order.pk])
    note_refund(order, actor)
    tell_receipt_decided(receipt, actor)
    return receipt


@transaction.atomic
def void_receipt(receipt: Receipt, *, reason: str, actor: Actor, expected: int | None = None) -> Receipt:
    """It never came in: it counts no more and stays in the books with its reason. Twice is once."""
    order = locked(receipt.order)
    receipt = row_of(order, receipt)
    if receipt.status == ReceiptStatus.VOIDED:
        return receipt
    check_version(receipt, expected)
    reason = tidy(reason)[:300]
    if not reason:
        raise RuleBroken(_("Give a reason."), field="reason")
    if receipt.is_confirmed:
        left = confirmed_of(order) - receipt.amount
        if left < 0:
            raise RuleBroken(_("More has been paid back than would be left: void the refund first."))
        if receipt.amount < 0:  # the refund never happened: what it took off counts again
            _check_most(order, left)
    said = said_of(order, receipt.amount) | {"reason": reason}
    with recording(RECEIPT_VOIDED, receipt, actor=actor, payload=said, about=about_money(order)):
        receipt.status, receipt.void_reason = ReceiptStatus.VOIDED, reason
        save_versioned(receipt, ["status", "void_reason"])
    settle([order.pk])
    note_refund(order, actor)
    tell_receipt_decided(receipt, actor)
    return receipt


def note_refund(order: Order, actor: Actor) -> None:
    """A (locked) order whose money has all gone back counts as sold no more, until some comes in again."""
    back = order.receipts.filter(status=ReceiptStatus.CONFIRMED, amount__lt=0).order_by("-received_date")
    day = None if confirmed_of(order) else back.values_list("received_date", flat=True).first()
    if day == order.refunded_date:
        return
    event = ORDER_REFUNDED if day else ORDER_UPDATED
    with recording(event, order, actor=actor, payload={"number": order.number}, about=about(order)):
        order.refunded_date = day
        save_versioned(order, ["refunded_date"])
    if day is None:
        note_bought(order, actor=actor)
    else:
        note_unsold(order.customer, {order.effective_date}, actor=actor)


def fit_plan(order: Order, *, actor: Actor) -> None:
    """Bring the plan of a (locked) order down to what it is worth after an amendment; the latest instalments give way.

    What came in is spread over the plan anew; what is more than the contract now stays with the order as credit.
    """
    rows = {row.pk: row for row in order.plan.order_by("due_date", "pk")}
    plan = [payments.Instalment(pk, row.due_date, row.amount) for pk, row in rows.items()]
    for pk, amount in payments.fitted(plan, order.amount).items():
        row = rows[pk]  # type: ignore[index]
        payload = said_of(order, amount) | {
            "before": write_full(row.amount, order.currency),
            "day": row.due_date.isoformat(),
        }
        if amount:
            row.amount, row.received = amount, min(row.received, amount)
            save_versioned(row, ["amount", "received"])
            record_event(PAYMENT_PLAN_CHANGED, order, actor=actor, payload=payload, about=about(order))
        else:
            said = said_of(order, row.amount)
            row.delete()
            record_event(PAYMENT_UNPLANNED, order, actor=actor, payload=said, about=about(order))
    settle([order.pk])


def close_money(order: Order, *, reason: str, actor: Actor) -> None:
    """Before a (locked) order is voided: refused while money or invoices stand in the books; what only waits is voided."""
    received = confirmed_of(order)
    if received:
        raise RuleBroken(
            _("%(amount)s came in for it: pay it back and record the refund, or terminate it.")
            % {"amount": write_full(received, order.currency)},
            code="money",
        )
    invoiced = sum((one.amount for one in order.invoices.filter(status__in=IN_BOOKS)), Decimal(0))
    if invoiced:
        raise RuleBroken(
            _("%(amount)s of it are invoiced: reverse the invoices first.")
            % {"amount": write_full(invoiced, order.currency)},
            code="money",
        )
    for receipt in order.receipts.filter(status=ReceiptStatus.DRAFT).order_by("pk"):
        void_receipt(receipt, reason=reason, actor=actor)
    for invoice in order.invoices.filter(status=InvoiceStatus.APPLIED).order_by("pk"):
        withdraw_invoice(invoice, actor=actor)


# --- What these share ---------------------------------------------------------------------------------------------


def _planned(order: Order) -> Decimal:
    return order.plan.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def beyond_plan(order: Order, planned: Decimal, *, left: Decimal) -> None:
    """Refuse instalments that ask for more together than the contract is worth."""
    if planned > order.amount:
        raise RuleBroken(
            _("The instalments would be more than the contract: %(left)s are left to plan.")
            % {"left": write_full(max(left, Decimal(0)), order.currency)},
            field="amount",
            code="beyond",
        )


def _check_receipt(order: Order, amount: Decimal) -> None:
    beyond_contract(order, amount, before=confirmed_of(order))


def beyond_contract(order: Order, amount: Decimal, *, before: Decimal) -> None:
    """Refuse a receipt that goes beyond the contract, and a refund beyond what came in."""
    if before + amount < 0:
        raise RuleBroken(
            _("Only %(amount)s came in: more cannot go back.")
            % {"amount": write_full(before, order.currency)},
            field="amount",
            code="beyond",
        )
    if amount > 0:
        _check_most(order, before + amount)


def _check_most(order: Order, total: Decimal) -> None:
    if total > (worth := order.signed_amount):
        over = write_full(total - worth, order.currency)
        raise RuleBroken(
            _("That is %(over)s more than the contract is worth.") % {"over": over},
            field="amount",
            code="beyond",
        )


def _known_once() -> AbstractContextManager[None]:
    """What the database keeps once, and how people are told."""
    return without_double(external_id=_("There is a receipt with this external ID already."))
