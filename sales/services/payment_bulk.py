"""Many instalments and receipts at once, set-based: for imports and the demo company.

Orders are locked in the order of their customers, as one by one; a row that breaks a rule is answered with it and left out.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.customer_dates import lock_customers
from crm.core.clock import company_midnight
from crm.core.text import tidy
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.recording import EventRow, record_events
from sales.events.money import PAYMENT_PLANNED, RECEIPT_CONFIRMED, RECEIPT_RECORDED
from sales.models import Order, PaymentMethod, PaymentPlan, Receipt, ReceiptStatus
from sales.services.money import amount_of, check_alive, check_sold, day_of, said_of
from sales.services.payments import MOST_INSTALMENTS, beyond_contract, beyond_plan, note_refund
from sales.services.refunds import asks_for_approval
from sales.services.settling import confirmed, settle

BATCH = 500
MORNING = datetime.timedelta(hours=10)
T = TypeVar("T")


@dataclass
class NewInstalment:
    """One instalment of many; `written_at` where it was planned at another time than now."""

    order_id: int
    due_date: datetime.date
    amount: Decimal
    note: str = ""
    written_at: datetime.datetime | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class NewReceipt:
    """One receipt of many."""

    order_id: int
    received_date: datetime.date
    amount: Decimal
    method: str = PaymentMethod.TRANSFER
    reference: str = ""
    note: str = ""
    external_id: str = ""
    is_confirmed: bool = True
    payload: Mapping[str, Any] = field(default_factory=dict)


def add_instalments(rows: Iterable[NewInstalment], *, actor: Actor) -> list[PaymentPlan | RuleBroken]:
    """Plan many payments, in the order given; of each contract together never more than it is worth."""
    return _in_batches(rows, lambda batch: _plan(batch, actor))


def add_receipts(rows: Iterable[NewReceipt], *, actor: Actor) -> list[Receipt | RuleBroken]:
    """Record many receipts, confirmed or waiting, in the order given; they settle the oldest instalments first.

    A refund that somebody has to agree to waits, whatever the row says.
    """
    return _in_batches(rows, lambda batch: _receive(batch, actor))


def _in_batches(rows: Iterable[Any], write: Callable[[list[Any]], list[T]]) -> list[T]:
    found: list[T] = []
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= BATCH:
            found += write(batch)
            batch = []
    return found + (write(batch) if batch else [])


@transaction.atomic
def _plan(batch: Sequence[NewInstalment], actor: Actor) -> list[PaymentPlan | RuleBroken]:
    orders = _locked(row.order_id for row in batch)
    kept = PaymentPlan._base_manager.filter(order__in=orders).values_list("order_id", "amount")
    planned: dict[int, Decimal] = defaultdict(Decimal)
    counts: dict[int, int] = defaultdict(int)
    for pk, amount in kept:
        planned[pk], counts[pk] = planned[pk] + amount, counts[pk] + 1
    found: list[PaymentPlan | RuleBroken] = []
    for row in batch:
        try:
            order = orders[row.order_id]
            check_alive(order)
            amount = amount_of(row.amount)
            beyond_plan(order, planned[order.pk] + amount, left=order.amount - planned[order.pk])
            if counts[order.pk] >= MOST_INSTALMENTS:
                raise RuleBroken(_("At most %(count)d instalments.") % {"count": MOST_INSTALMENTS})
        except RuleBroken as error:
            found.append(error)
            continue
        planned[order.pk], counts[order.pk] = planned[order.pk] + amount, counts[order.pk] + 1
        made = PaymentPlan(order=order, due_date=row.due_date, amount=amount, note=tidy(row.note)[:200])
        made.created_at = made.updated_at = row.written_at or timezone.now()
        found.append(made)
    new = [one for one in found if isinstance(one, PaymentPlan)]
    PaymentPlan._base_manager.bulk_create(new)
    settle(orders)
    pairs = [(row, one) for row, one in zip(batch, found, strict=True) if isinstance(one, PaymentPlan)]
    _record(
        PAYMENT_PLANNED,
        [(one.order, one.order, one.amount, row.payload, row.written_at) for row, one in pairs],
        actor,
    )
    return found


@transaction.atomic
def _receive(batch: Sequence[NewReceipt], actor: Actor) -> list[Receipt | RuleBroken]:
    orders = _locked(row.order_id for row in batch)
    received = confirmed(orders)
    ids = {row.external_id for row in batch if row.external_id}
    taken = set(Receipt._base_manager.filter(external_id__in=ids).values_list("external_id", flat=True))
    found: list[Receipt | RuleBroken] = []
    now = timezone.now()
    for row in batch:
        try:
            order = orders[row.order_id]
            check_sold(order)
            amount = amount_of(row.amount, signed=True)
            beyond_contract(order, amount, before=received[order.pk])
            if row.external_id and row.external_id in taken:
                raise RuleBroken(
                    _("There is a receipt with this external ID already."),
                    field="external_id",
                    code="duplicate",
                )
            made = Receipt(
                order=order,
                received_date=day_of(row.received_date),
                amount=amount,
                method=row.method,
                reference=tidy(row.reference)[:100],
                note=tidy(row.note)[:300],
                external_id=row.external_id,
            )
        except RuleBroken as error:
            found.append(error)
            continue
        taken.add(row.external_id)
        if row.is_confirmed and not asks_for_approval(made):
            received[order.pk] += amount
            made.status = ReceiptStatus.CONFIRMED
            made.confirmed_at, made.confirmed_by_id = now, actor.user_id
        found.append(made)
    new = [one for one in found if isinstance(one, Receipt)]
    Receipt._base_manager.bulk_create(new)
    settle(orders)
    pairs = [(row, one) for row, one in zip(batch, found, strict=True) if isinstance(one, Receipt)]
    for event, some in (
        (RECEIPT_RECORDED, [pair for pair in pairs if pair[1].is_draft]),
        (RECEIPT_CONFIRMED, [pair for pair in pairs if pair[1].is_confirmed]),
    ):
        rows = [
            (one, one.order, one.amount, row.payload, company_midnight(row.received_date) + MORNING)
            for row, one in some
        ]
        _record(event, rows, actor)
    for order in _turned(new, orders):
        note_refund(order, actor)
    return found


def _turned(receipts: Iterable[Receipt], orders: Mapping[int, Order]) -> list[Order]:
    """The orders that may have been paid back in full by these receipts, or stand paid again."""
    ids = {one.order_id for one in receipts if one.is_confirmed and one.amount < 0}
    return [order for pk, order in orders.items() if pk in ids or order.refunded_date is not None]


def _locked(ids: Iterable[int]) -> dict[int, Order]:
    """The orders of a batch, locked after their customers, so that no two writers wait for each other."""
    wanted = set(ids)
    lock_customers(set(Order._base_manager.filter(pk__in=wanted).values_list("customer_id", flat=True)))
    rows = (
        Order._base_manager.select_for_update(of=("self",))
        .select_related("customer", "owner")
        .filter(pk__in=wanted)
    )
    return {order.pk: order for order in rows.order_by("pk")}


def _record(
    event: EventType, rows: Sequence[tuple[Any, Order, Decimal, Mapping[str, Any], Any]], actor: Actor
) -> None:
    record_events(
        event,
        [
            EventRow(
                type(record),
                record.pk,
                payload=said_of(order, amount) | dict(payload),
                about=[f"sales.order:{order.pk}", f"accounts.customer:{order.customer_id}"],
                at=at,
            )
            for record, order, amount, payload, at in rows
        ],
        actor=actor,
    )
