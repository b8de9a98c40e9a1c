"""Sums of money: one currency as it is, several converted at today's rates and marked."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Sum

from crm.core.clock import company_today
from crm.core.formats import money_full
from crm.core.money import Money, total
from crm.records.queries import rate_on


def rate_of(currency: str, into: str) -> Decimal:
    """What one unit of a currency is worth in another today; a currency without a rate counts as nothing."""
    if currency == into:
        return Decimal(1)
    today = company_today()
    ours, theirs = rate_on(currency, today), rate_on(into, today)
    return ours / theirs if ours and theirs else Decimal(0)


def sum_of(rows: models.QuerySet, amount: Any = "amount") -> str:
    """What the amounts of some records come to, to the cent; mixed currencies converted to the base one and marked ≈."""
    return written_sum(rows.order_by().values_list("currency").annotate(sum=Sum(amount)))


def written_sum(sums: Iterable[tuple[str, Decimal]]) -> str:
    """The sums of each currency as one, to the cent; mixed ones converted to the base currency and marked ≈."""
    found = total([Money(amount, currency) for currency, amount in sums], rate_of)
    shown = money_full(found.money.amount, found.money.currency)
    return f"≈ {shown}" if found.approximate else shown
