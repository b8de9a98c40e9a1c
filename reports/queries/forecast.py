"""What a period will bring: one pass over the deals, by owner, with every method side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from crm.core.money import q2
from reports.models import LearnedOdds
from reports.queries.deals import WEIGHTED, closed_between
from reports.queries.odds import AMOUNT, model_expression, stage_expression
from reports.rules.periods import Period
from sales.models import ForecastCategory, Opportunity, OpportunityStatus

OPEN, WON = Q(status=OpportunityStatus.OPEN), Q(status=OpportunityStatus.WON)
COUNTED = OPEN & ~Q(forecast_category=ForecastCategory.OMITTED)
COUNTED_QUERY = {
    "status": "open",
    "forecast_category": ["pipeline", "best_case", "commit"],
}  # the same for the list
SUMS = ("closed", "commit_open", "best_open", "pipeline_open", "weighted_open", "stage_open", "model_open")


@dataclass(frozen=True)
class Sums:
    """What one group of deals in one currency brings; by history and model None where nothing was learned."""

    group: tuple[Any, ...]
    currency: str
    won: int
    open: int
    amounts: dict[str, Decimal | None]


def sums(
    rows: QuerySet[Opportunity],
    period: Period,
    odds: LearnedOdds | None,
    today: date,
    now: datetime,
    group: tuple[str, ...] = ("owner_id",),
) -> Iterator[Sums]:
    """The forecast of a period for the deals, by group and currency, in one query."""
    expected = Q(expected_close_date__gte=period.first, expected_close_date__lte=period.last)
    by_history = odds is not None and bool(odds.stages) and period.last >= today
    looked_at = WON & closed_between(period.first, period.last) | COUNTED & (Q() if by_history else expected)
    # Of the rows looked at; what holds for all of them is not asked again for each sum.
    won, due = WON, OPEN & (expected if by_history else Q())
    measures: dict[str, Any] = {
        "closed": Sum("amount", filter=won),
        "commit_open": Sum("amount", filter=due & Q(forecast_category=ForecastCategory.COMMIT)),
        "best_open": Sum("amount", filter=due & Q(forecast_category=ForecastCategory.BEST_CASE)),
        "pipeline_open": Sum("amount", filter=due & Q(forecast_category=ForecastCategory.PIPELINE)),
        "weighted_open": Sum(WEIGHTED, filter=due),
        "won": Count("pk", filter=won),
        "open": Count("pk", filter=due),
    }
    if odds is not None and by_history:  # history has its own view of when a deal closes
        measures["stage_open"] = Sum(AMOUNT * stage_expression(odds, period, today, now), filter=OPEN)
        if odds.model:
            measures["model_open"] = Sum(AMOUNT * model_expression(odds, period, today, now), filter=OPEN)
    names = list(measures)
    for row in rows.filter(looked_at).values_list(*group, "currency").annotate(**measures):
        *key, currency = row[: len(group) + 1]
        found = dict(zip(names, row[len(group) + 1 :], strict=True))
        amounts = {name: None if name not in found else q2(Decimal(str(found[name] or 0))) for name in SUMS}
        if found["won"] or found["open"] or any(amounts.values()):
            yield Sums(tuple(key), currency, found["won"], found["open"], amounts)
