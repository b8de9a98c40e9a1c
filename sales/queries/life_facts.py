"""What orders and payments say of a customer's life cycle: set-based, for the review that `accounts` makes each night."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, Min, OuterRef

from crm.core.clock import company_today
from sales.models import Opportunity, Order, OrderStatus
from sales.models.opportunity import OPEN
from sales.models.order import EFFECTIVE, RUNNING
from sales.queries.payments import overdue_q, payment_list

LASTING = (*RUNNING, OrderStatus.EXPIRED)  # what was completed or terminated asks for no renewal
BOUGHT_ON = datetime.timedelta(
    days=30
)  # a sale from so long before a contract's end on stands for its renewal


def sold_facts(customers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The days of effective orders, the end of the last contract and whether it is renewed, the age of the oldest debt.

    An open deal counts as the renewal in the making; so does a renewal that was begun, or something sold since.
    """
    today = company_today()
    found: dict[int, dict[str, Any]] = defaultdict(lambda: {"order_dates": []})
    ends: dict[int, tuple[datetime.date, bool]] = {}
    renewals = Order.objects.filter(renews=OuterRef("pk")).exclude(status=OrderStatus.VOIDED)
    orders = Order.objects.filter(EFFECTIVE, customer__in=customers).annotate(renewed=Exists(renewals))
    columns = ("customer_id", "effective_date", "end_date", "status", "renewed")
    for customer, day, end, status, renewed in orders.order_by().values_list(*columns):
        found[customer]["order_dates"].append(day)
        if end is not None and status in LASTING:
            ends[customer] = max(ends.get(customer, (end, renewed)), (end, renewed))
    for customer, (end, _renewed) in list(ends.items()):
        if max(found[customer]["order_dates"]) > end - BOUGHT_ON:
            del ends[customer]
    deals = Opportunity.objects.filter(OPEN, customer__in=list(ends)).order_by()
    in_the_making = set(deals.values_list("customer_id", flat=True))
    for customer, (end, renewed) in ends.items():
        found[customer] |= {"contract_end": end, "renewal_open": renewed or customer in in_the_making}
    late = payment_list().filter(overdue_q(today), order__customer__in=customers).order_by()
    oldest = late.values_list("order__customer_id").annotate(Min("due_date"))
    for customer, due in oldest:
        found[customer]["receivable_overdue_days"] = (today - due).days
    return dict(found)
