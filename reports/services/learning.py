"""Learning from the company's own closed deals: how often a stage is won and when, and the chance of a single deal."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone

from crm.core.clock import company_day, company_today
from crm.core.locks import hold
from reports.models import LearnedOdds
from reports.queries.odds import latest
from reports.rules.odds import MOST_WEEKS
from reports.services.chances import train
from sales.models import Opportunity, OpportunityStatus, Stage, StageHistory

WON, LOST = OpportunityStatus.WON, OpportunityStatus.LOST
HISTORY = timedelta(365)
KEPT = 60  # rows; a year of weeks


@transaction.atomic
def learn() -> LearnedOdds:
    """Count the closed deals of twelve months by the stages they entered, and train the model of chances where there are enough.

    What says the same as the last time is not kept twice.
    """
    hold("learned-odds")
    today = company_today()
    stages = stage_odds(today)
    model = train(today)
    rows = StageHistory.objects.filter(_closed(today)).aggregate(n=Count("opportunity", distinct=True))["n"]
    newest = latest()
    if newest is not None and (newest.stages, newest.model, newest.rows) == (stages, model, rows):
        return newest
    odds = LearnedOdds(stages=stages, model=model, rows=rows, learned_at=timezone.now())
    odds.save()
    kept = LearnedOdds.objects.order_by("-learned_at").values_list("pk", flat=True)[:KEPT]
    LearnedOdds.objects.exclude(pk__in=list(kept)).delete()
    return odds


def stage_odds(today: date) -> dict[str, dict[str, Any]]:
    """By stage: how many that ever entered it were won and closed, and after how many weeks the won ones were."""
    entered = StageHistory.objects.filter(_closed(today), stage__kind=Stage.Kind.OPEN)
    found: dict[str, dict[str, Any]] = defaultdict(
        lambda: {"won": 0, "closed": 0, "weeks": [0] * (MOST_WEEKS + 1)}
    )
    counts = entered.values_list("stage_id", "opportunity__status").annotate(
        n=Count("opportunity", distinct=True)
    )
    for stage, status, count in counts:
        found[str(stage)]["closed"] += count
        found[str(stage)]["won"] += count if status == WON else 0
    firsts = (
        entered.filter(opportunity__status=WON)
        .order_by()
        .values_list("stage_id", "opportunity_id", "opportunity__closed_at")
        .annotate(first=Min("entered_at"))
    )
    for stage, _deal, closed_at, first in firsts.iterator(chunk_size=5000):
        days = (closed_at - company_day(first)).days
        if days >= 0:  # what was entered after the fact, as by an import, says nothing of time
            found[str(stage)]["weeks"][min(days // 7, MOST_WEEKS)] += 1
    return {stage: one if sum(one["weeks"]) else {**one, "closed": 0} for stage, one in found.items()}


def _closed(today: date) -> Any:
    return Q(
        opportunity__in=Opportunity.objects.filter(
            status__in=(WON, LOST), closed_at__gte=today - HISTORY
        ).values("pk")
    )
