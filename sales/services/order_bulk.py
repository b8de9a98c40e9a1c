"""Many orders at once with their original numbers and dates, set-based: for imports and the demo company."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Customer
from accounts.services.customer_dates import lock_customers
from crm.core.clock import company_midnight
from crm.core.money import BASE_CURRENCY, write_full
from crm.core.pinyin import sort_key
from crm.core.sets import insert_rows
from crm.events.actor import Actor
from crm.events.recording import EventRow, record_events
from crm.records.searchable import search_columns
from sales.events.orders import ORDER_IMPORTED
from sales.models import Order, OrderKind, OrderLine, OrderStatus, TaxRate
from sales.models.order import EFFECTIVE
from sales.services.first_deals import settle_stages
from sales.services.lines import Draft, Reckoned, reckon

BATCH = 1000
SOLD = (
    OrderStatus.EFFECTIVE,
    OrderStatus.FULFILLING,
    OrderStatus.COMPLETED,
    OrderStatus.EXPIRED,
    OrderStatus.TERMINATED,
)


@dataclass
class NewOrder:
    """One order of many; sold ones count from the day they were signed."""

    customer: Customer
    number: str
    name: str
    owner_id: int | None
    team_id: int | None
    lines: Sequence[Draft]
    kind: str = OrderKind.CONTRACT
    status: str = OrderStatus.EFFECTIVE
    currency: str = BASE_CURRENCY
    signed_date: datetime.date | None = None
    start_date: datetime.date | None = None
    end_date: datetime.date | None = None
    closed_date: datetime.date | None = None
    close_reason: str = ""
    contact_id: int | None = None
    opportunity_id: int | None = None
    payment_terms: str = ""
    note: str = ""
    external_id: str = ""
    custom: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)  # what its event says of where it comes from

    @property
    def is_sold(self) -> bool:
        return self.status in SOLD


@transaction.atomic
def create_orders(rows: Iterable[NewOrder], *, actor: Actor) -> list[int | None]:
    """Write many orders with their lines; returns their ids in order, None where a number or external ID was taken.

    Customers become deal customers from their first sold order on. The caller has checked who may write there.
    """
    ids: list[int | None] = []
    batch: list[NewOrder] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= BATCH:
            ids += _write(batch, actor)
            batch = []
    return ids + _write(batch, actor)


def _write(batch: Sequence[NewOrder], actor: Actor) -> list[int | None]:
    if not batch:
        return []
    lock_customers({row.customer.pk for row in batch})
    rates = list(TaxRate.objects.all())
    reckoned = [_reckon(row, rates) for row in batch]
    ids = insert_rows(Order, [_columns(row, sums) for row, sums in zip(batch, reckoned, strict=True)])
    written = [(pk, row, sums) for pk, row, sums in zip(ids, batch, reckoned, strict=True) if pk]
    OrderLine._base_manager.bulk_create(
        [OrderLine(order_id=pk, **line) for pk, _row, sums in written for line in sums.lines], batch_size=2000
    )
    record_events(
        ORDER_IMPORTED,
        [
            EventRow(
                Order,
                pk,
                payload={
                    "number": row.number,
                    "amount": write_full(sums.totals.gross, row.currency),
                    **row.payload,
                },
                about=[f"accounts.customer:{row.customer.pk}"],
                at=_moment(row.signed_date),
            )
            for pk, row, sums in written
        ],
        actor=actor,
    )
    _first_deals([row.customer.pk for _pk, row, _sums in written if row.is_sold], actor)
    return ids


def _reckon(row: NewOrder, rates: Sequence[TaxRate]) -> Reckoned:
    day = row.signed_date or timezone.localdate()
    held = {one.rate for one in rates if one.holds_on(day)}
    return reckon(row.lines, currency=row.currency, tax_included=True, day=day, rates=held)


def _moment(day: datetime.date | None) -> datetime.datetime | None:
    return company_midnight(day) + datetime.timedelta(hours=10) if day else None


def _first_deals(customers: Sequence[int], actor: Actor) -> None:
    """Those of the customers whose first sold order is older than their first deal, or who had none, get it."""
    found = (
        Order.objects.filter(EFFECTIVE, customer__in=set(customers))
        .order_by()
        .values("customer")
        .annotate(first=Min("effective_date"))
    )
    first = {row["customer"]: row["first"] for row in found}
    new = [
        accounts.set_first_deal(customer, first[customer.pk], actor=actor)
        for customer in Customer.objects.filter(pk__in=first).order_by("pk")
        if customer.first_deal_at is None or first[customer.pk] < customer.first_deal_at
    ]
    settle_stages(new, actor=actor)


def _columns(row: NewOrder, sums: Reckoned) -> dict[str, Any]:
    order = Order(customer=row.customer, number=row.number, name=row.name, external_id=row.external_id)
    order.custom = dict(row.custom)
    text, grams = search_columns(order.search_values())
    at = (_moment(row.signed_date) or timezone.now()).isoformat()
    return {
        "customer_id": row.customer.pk,
        "number": row.number,
        "name": row.name,
        "name_sort": sort_key(row.name),
        "kind": row.kind,
        "status": row.status,
        "currency": row.currency,
        "owner_id": row.owner_id,
        "team_id": row.team_id,
        "owner_since": at if row.owner_id else None,
        "signed_date": _day(row.signed_date),
        "effective_date": _day(row.signed_date) if row.is_sold else None,
        "start_date": _day(row.start_date),
        "end_date": _day(row.end_date),
        "closed_date": _day(row.closed_date),
        "close_reason": row.close_reason,
        "contact_id": row.contact_id,
        "opportunity_id": row.opportunity_id,
        "payment_terms": row.payment_terms,
        "note": row.note,
        "external_id": row.external_id,
        "custom": dict(row.custom),
        "created_at": at,
        "updated_at": at,
        "search_text": text,
        "search_grams": grams,
        **{name: str(value) for name, value in sums.columns.items()},
    }


def _day(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None
