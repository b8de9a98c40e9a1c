"""How customers pay, as a part of their health: set-based, for the score that `accounts` puts together."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce

from crm.core.clock import company_today
from sales.models import PaymentPlan, Receipt, ReceiptStatus
from sales.queries.payments import SOLD, payment_list
from sales.rules.payments import health

YEAR = datetime.timedelta(days=365)
KNOCKED_OUT_AFTER = 90  # days overdue that cap the whole score


@dataclass(frozen=True)
class PaymentHealth:
    """The payment part of a customer's health: 0–100, the share paid in time, the days the worst is overdue."""

    score: Decimal
    on_time: Decimal
    worst_days: int

    @property
    def knocks_out(self) -> bool:
        return self.worst_days > KNOCKED_OUT_AFTER


def payment_health(customers: Iterable[int]) -> dict[int, PaymentHealth]:
    """How customers paid what fell due in the last twelve months, by amount; those to whom nothing fell due are missing.

    In time is what had come in by the due date, the oldest instalments first; of what is open the oldest day counts.
    """
    today = company_today()
    received = (
        Receipt.objects.filter(
            order=OuterRef("order"),
            status=ReceiptStatus.CONFIRMED,
            received_date__lte=OuterRef("due_date"),
        )
        .order_by()
        .values("order")
        .annotate(sum=Sum("amount"))
        .values("sum")
    )
    rows: Iterable[tuple[int, datetime.date, Decimal, Decimal, Decimal, Decimal]] = (
        _due(customers, today)
        .annotate(
            until=Window(Sum("amount"), partition_by=F("order"), order_by=["due_date", "pk"]),
            by_then=Coalesce(Subquery(received), Decimal(0)),
        )
        .order_by()
        .values_list("order__customer_id", "due_date", "amount", "received", "until", "by_then")
    )
    asked: dict[int, Decimal] = defaultdict(Decimal)
    in_time: dict[int, Decimal] = defaultdict(Decimal)
    worst: dict[int, int] = defaultdict(int)
    for customer, due, amount, paid, until, by_then in rows:
        if paid < amount:
            worst[customer] = max(worst[customer], (today - due).days)
        if due > today - YEAR:
            asked[customer] += amount
            in_time[customer] += min(amount, max(Decimal(0), by_then - (until - amount)))
    found = {}
    for customer in {*asked, *worst}:
        whole = asked[customer]
        share = in_time[customer] / whole if whole else Decimal(0)
        found[customer] = PaymentHealth(health(share, worst[customer]), share, worst[customer])
    return found


def _due(customers: Iterable[int], today: datetime.date) -> QuerySet[PaymentPlan]:
    """What fell due of contracts that count, before today: what is due today may still come in time."""
    rows = payment_list().filter(SOLD, due_date__lt=today)
    return rows.filter(order__customer__in=list(customers)).select_related(None)
