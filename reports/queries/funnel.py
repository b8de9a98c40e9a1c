"""How many deals entered which stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from crm.core.clock import company_midnight
from sales.models import Opportunity, Stage, StageHistory


@dataclass
class Reached:
    """The deals that came into a stage: their number, and their amounts by currency."""

    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)


def stays(first: date, last: date) -> QuerySet[StageHistory]:
    """The stays that began from one day to another, both included, of the deal of the outer query."""
    rows = StageHistory.objects.filter(opportunity=OuterRef("pk"))
    return rows.filter(
        entered_at__gte=company_midnight(first), entered_at__lt=company_midnight(last + timedelta(1))
    )


def cohort(
    rows: QuerySet[Opportunity], stages: Sequence[Stage], first: date, last: date
) -> dict[int, Reached]:
    """Of the deals that entered the first stage in these days, those that ever reached each of the stages."""
    began = rows.filter(Exists(stays(first, last).filter(stage=stages[0]))) if stages else rows.none()
    ever = StageHistory.objects.filter(opportunity=OuterRef("pk"))
    return {
        stage.pk: _reached(began if place == 0 else began.filter(Exists(ever.filter(stage=stage))))
        for place, stage in enumerate(stages)
    }


def entries(
    rows: QuerySet[Opportunity], stages: Sequence[Stage], first: date, last: date
) -> dict[int, Reached]:
    """The deals that entered each stage in these days; one that entered it twice counts once."""
    return {
        stage.pk: _reached(rows.filter(Exists(stays(first, last).filter(stage=stage)))) for stage in stages
    }


def _reached(rows: QuerySet[Opportunity]) -> Reached:
    found = Reached()
    for currency, count, amount in rows.values_list("currency").annotate(n=Count("pk"), whole=Sum("amount")):
        found.count += count
        found.amounts[currency] = amount
    return found
