"""What has come in for orders, and which of their instalments it settles: set-based, for one order and for thousands."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Sum

from sales.models import Order, PaymentPlan, Receipt, ReceiptStatus
from sales.rules import payments

BATCH = 500


def settle(orders: Iterable[int]) -> None:
    """Spread what is confirmed over the instalments of these (locked) orders, the oldest due date first."""
    ids = list(orders)
    received = confirmed(ids)
    plans: dict[int, list[PaymentPlan]] = defaultdict(list)
    for row in PaymentPlan._base_manager.filter(order__in=ids).order_by("order_id", "due_date", "pk"):
        plans[row.order_id].append(row)
    changed = []
    for order, rows in plans.items():
        plan = [payments.Instalment(row.pk, row.due_date, row.amount) for row in rows]
        parts = payments.allocate(plan, received[order])
        for row in rows:
            if row.received != parts[row.pk]:
                row.received = parts[row.pk]
                changed.append(row)
    PaymentPlan._base_manager.bulk_update(changed, ["received"], batch_size=BATCH)


def confirmed(orders: Iterable[int]) -> dict[int, Decimal]:
    """What has come in for each order and is confirmed, refunds taken off; nothing for those without a receipt."""
    rows = Receipt._base_manager.filter(order__in=list(orders), status=ReceiptStatus.CONFIRMED)
    return defaultdict(Decimal, dict(rows.order_by().values_list("order").annotate(Sum("amount"))))


def confirmed_of(order: Order) -> Decimal:
    """What has come in for one order and is confirmed, refunds taken off."""
    return confirmed([order.pk])[order.pk]
