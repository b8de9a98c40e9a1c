"""What a period will bring: by owner, with every method side by side."""

from __future__ import annotations

from collections import defaultdict
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
    """The forecast of a period for the deals, by group and currency.

    One statement for what was won and one for what is open: each goes through an index that says all it sums.
    """
    expected = Q(expected_close_date__gte=period.first, expected_close_date__lte=period.last)
    by_history = odds is not None and bool(odds.stages) and period.last >= today
    won: dict[str, Any] = {"closed": Sum("amount"), "won": Count("pk")}
    due = expected if by_history else Q()  # what holds for all rows looked at is not asked again
    coming: dict[str, Any] = {
        "commit_open": Sum("amount", filter=due & Q(forecast_category=ForecastCategory.COMMIT)),
        "best_open": Sum("amount", filter=due & Q(forecast_category=ForecastCategory.BEST_CASE)),
        "pipeline_open": Sum("amount", filter=due & Q(forecast_category=ForecastCategory.PIPELINE)),
        "weighted_open": Sum(WEIGHTED, filter=due or None),
        "open": Count("pk", filter=due or None),
    }
    if odds is not None and by_history:  # history has its own view of when a deal closes
        coming["stage_open"] = Sum(AMOUNT * stage_expression(odds, period, today, now))
        if odds.model:
            coming["model_open"] = Sum(AMOUNT * model_expression(odds, period, today, now))
    found: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(lambda: {"won": 0, "open": 0})
    for looked_at, measures in (
        (WON & closed_between(period.first, period.last), won),
        (COUNTED & (Q() if by_history else expected), coming),
    ):
        for row in rows.filter(looked_at).values_list(*group, "currency").annotate(**measures):
            key, values = row[: len(group) + 1], row[len(group) + 1 :]
            found[key] |= dict(zip(measures, values, strict=True))
    asked = {*won, *coming}
    for (*key, currency), values in found.items():
        amounts = {name: q2(Decimal(str(values.get(name) or 0))) if name in asked else None for name in SUMS}
        if values["won"] or values["open"] or any(amounts.values()):
            yield Sums(tuple(key), currency, values["won"], values["open"], amounts)
