"""The deals a report counts: exactly those that the list of opportunities shows the same reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, ExpressionWrapper, F, Q, QuerySet, Value

from crm.core.money import BASE_CURRENCY, q2
from crm.identity.access import narrow
from reports.asked import Asked
from sales.models import Opportunity
from sales.queries.sums import rate_of

WEIGHTED = ExpressionWrapper(
    F("amount") * F("probability") / Value(100), output_field=DecimalField(max_digits=30, decimal_places=4)
)


def deals() -> QuerySet[Opportunity]:
    """The opportunities outside the bin, in no order."""
    return Opportunity.objects.order_by()


def deals_of(asked: Asked) -> tuple[QuerySet[Opportunity], dict[str, Any]]:
    """The deals the reader sees, narrowed by owner, team and pipeline; and the same as parameters of the list."""
    rows, query = narrow(deals(), asked.user), {}
    if owner := asked["owner"]:
        rows, query["owner"] = rows.filter(owner=owner), owner.pk
    if team := asked["team"]:
        ids = sorted(asked.form.fields["team"].ids(team))
        rows, query["team"] = rows.filter(team__in=ids), ids
    if pipeline := asked["pipeline"]:
        rows, query["pipeline"] = rows.filter(pipeline=pipeline), pipeline.pk
    return rows, query


def closed_between(first: Any, last: Any) -> Q:
    """Closed from one day to another, both included."""
    return Q(closed_at__gte=first, closed_at__lte=last)


@dataclass
class Unit:
    """The one currency of a report's amounts: that of its deals, or the company's where they are in several.

    Whatever is in another currency counts at today's rate.
    """

    currency: str = BASE_CURRENCY
    is_mixed: bool = False
    _rates: dict[str, Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, currencies: Iterable[str]) -> Unit:
        """The unit for amounts in these currencies."""
        found = set(currencies)
        return cls(found.pop()) if len(found) == 1 else cls(is_mixed=bool(found))

    @property
    def approximate(self) -> bool:
        """Whether amounts were converted."""
        return self.is_mixed or bool(self._rates)

    def value(self, amount: Decimal | None, currency: str) -> Decimal:
        """An amount in the unit; rounded once, at the end, by `whole`."""
        if amount is None:
            return Decimal(0)
        return amount if currency == self.currency else amount * self._rate(currency)

    def _rate(self, currency: str) -> Decimal:
        if currency not in self._rates:
            self._rates[currency] = rate_of(currency, self.currency)
        return self._rates[currency]

    @staticmethod
    def whole(amount: Decimal) -> Decimal:
        """To the cent."""
        return q2(amount)
