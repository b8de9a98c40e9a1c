"""What came in and what is overdue, of the orders a reader sees: for tiles and cards beside the reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, Sum
from django.db.models.functions import TruncMonth

from crm.core.clock import company_today
from crm.core.money import Money, Total, total
from crm.identity.access import has_verb, narrow
from crm.identity.models import User
from reports.asked import Asked
from reports.queries.deals import Unit
from sales.models import PaymentPlan, Receipt, ReceiptStatus
from sales.queries.payments import overdue_q, payment_list, receipt_list
from sales.queries.sums import rate_of


@dataclass(frozen=True)
class Overdue:
    """What is owed past its day: how much, of how many contracts, and for how long at the most."""

    worth: Total
    contracts: int
    days: int


def orders_of(asked: Asked) -> dict[str, Any]:
    """The owner, team and pipeline a report is narrowed to, as filters of what hangs on an order."""
    found: dict[str, Any] = {}
    if asked["owner"]:
        found["order__owner"] = asked["owner"]
    if asked["team"]:
        found["order__team__in"] = sorted(asked.form.fields["team"].ids(asked["team"]))
    if asked["pipeline"]:
        found["order__opportunity__pipeline"] = asked["pipeline"]
    return found


def received_by_month(
    user: User, first: date, last: date, narrowed: Mapping[str, Any] | None = None
) -> dict[date, list[Money]] | None:
    """What finance confirmed as received in each month of some days; None for whom receipts are no business."""
    if not has_verb(user, "view", Receipt):
        return None
    rows = narrow(receipt_list(), user).filter(
        status=ReceiptStatus.CONFIRMED, received_date__gte=first, received_date__lte=last, **(narrowed or {})
    )
    sums = rows.order_by().values_list(TruncMonth("received_date"), "order__currency")
    found: dict[date, list[Money]] = {}
    for month, currency, amount in sums.annotate(Sum("amount")):
        found.setdefault(month, []).append(Money(amount, currency))
    return found


def received(months: Mapping[date, list[Money]], counts: Callable[[date], bool]) -> Total:
    """What the months that count come to, to be shown."""
    return total([one for month, sums in months.items() if counts(month) for one in sums], rate_of)


def worth(
    months: Mapping[date, Sequence[Money]], unit: Unit, counts: Callable[[date], bool] = lambda _month: True
) -> Decimal:
    """What the months that count come to in one unit, for comparing and drawing."""
    sums = [one for month, found in months.items() if counts(month) for one in found]
    return sum((unit.value(one.amount, one.currency) for one in sums), Decimal(0))


def overdue(user: User, narrowed: Mapping[str, Any] | None = None) -> Overdue | None:
    """What is owed past its day; None for whom plans of payments are no business."""
    if not has_verb(user, "view", PaymentPlan):
        return None
    today = company_today()
    rows = narrow(payment_list(), user).filter(overdue_q(today), **(narrowed or {})).order_by()
    found = list(
        rows.values_list("order__currency").annotate(
            worth=Sum(F("amount") - F("received")),
            orders=Count("order", distinct=True),
            first=Min("due_date"),
        )
    )
    worth = total([Money(amount, currency) for currency, amount, *_rest in found], rate_of)
    oldest = min((first for *_rest, first in found), default=today)
    return Overdue(
        worth, sum(orders for _currency, _amount, orders, _first in found), (today - oldest) // timedelta(1)
    )
