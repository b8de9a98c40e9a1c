"""Sums at the foot of lists: one currency as it is, several converted and marked."""

from django.db import models
from django.db.models import Sum

from crm.core.formats import money_full
from crm.core.money import Money, total
from sales.queries.opportunities import rate_of


def sum_of(rows: models.QuerySet) -> str:
    """What the amounts of some records come to, to the cent; mixed currencies converted to the base one and marked ≈."""
    sums = rows.order_by().values_list("currency").annotate(Sum("amount"))
    found = total([Money(amount, currency) for currency, amount in sums], rate_of)
    shown = money_full(found.money.amount, found.money.currency)
    return f"≈ {shown}" if found.approximate else shown
