"""Training the model of chances on what became of the company's deals (logistic regression)."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from crm.core.clock import company_day
from reports.rules import chances as rules
from sales.models import Opportunity, OpportunityStatus, Stage, StageHistory
from sales.rules.chances import auc, brier, sigmoid
from sales.rules.pipeline import pushes

WON, LOST = OpportunityStatus.WON, OpportunityStatus.LOST
BACK = timedelta(730)
MOST_DEALS = 10_000  # the newest; more would teach nothing new


@dataclass(frozen=True)
class Seen:
    """One look at a deal while it was open, and what became of it."""

    deal: int
    stage: int
    values: list[float]
    won: int


def train(today: date) -> dict[str, Any]:
    """The weights of the model and how well it says what was kept apart; empty where there is too little history."""
    closed = list(
        Opportunity.objects.filter(status__in=(WON, LOST), closed_at__gte=today - BACK)
        .order_by("-closed_at", "-pk")
        .values_list("pk", "status", "closed_at", "opened_at")[:MOST_DEALS]
    )
    if not rules.enough(len(closed), sum(status == WON for _pk, status, *_days in closed)):
        return {}
    seen = observations(closed)
    newest = {pk for pk, *_rest in closed[: len(closed) // rules.HELD_OUT]}
    apart, known = [s for s in seen if s.deal in newest], [s for s in seen if s.deal not in newest]
    won = {one.deal for one in known if one.won}
    if not rules.enough(len({one.deal for one in known}), len(won)):
        return {}
    fitted = fit(known)
    scores = [chance(fitted, one.stage, one.values) for one in apart]
    outcomes = [one.won for one in apart]
    model = fit(seen)
    model["auc"] = auc(scores, outcomes)
    model["brier"] = brier(scores, outcomes) if apart else None
    model["deals"], model["won"] = len(closed), sum(status == WON for _pk, status, *_days in closed)
    return model


def observations(closed: list[tuple[int, str, date, date]]) -> list[Seen]:
    """The deals as they stood on entering each stage and every four weeks they stayed there."""
    ended = {pk: (status == WON, closed_at, opened_at) for pk, status, closed_at, opened_at in closed}
    stays: dict[int, list[Any]] = defaultdict(list)
    rows = StageHistory.objects.filter(Q(opportunity__in=list(ended)), stage__kind=Stage.Kind.OPEN)
    for row in rows.order_by("entered_at", "pk").values_list(
        "opportunity_id", "stage_id", "entered_at", "left_at", "amount", "expected_close_date"
    ):
        stays[row[0]].append(row[1:])
    found = []
    for pk, history in stays.items():
        won, closed_at, opened_at = ended[pk]
        promised: list[date] = []
        for stage, entered_at, left_at, amount, expected in history:
            promised += [expected] if expected else []
            entered = company_day(entered_at)
            left = min(company_day(left_at), closed_at) if left_at else closed_at
            if entered > closed_at:
                continue  # came by import after it was closed
            for days in rules.observed_at((left - entered).days):
                age = (entered - opened_at).days + days
                values = rules.features(days, age, pushes(promised), float(amount))
                found.append(Seen(pk, stage, values, int(won)))
    return found


def fit(seen: list[Seen]) -> dict[str, Any]:
    """The weights that say best what became of these; every deal counts alike, however often it was looked at."""
    from sklearn.linear_model import LogisticRegression  # slow to import, and only the worker learns

    stages = sorted({one.stage for one in seen})
    amounts = [one.values[-1] for one in seen]
    mean = sum(amounts) / len(amounts)
    spread = max(
        math.sqrt(sum((a - mean) ** 2 for a in amounts) / len(amounts)), 1e-3
    )  # all alike say nothing
    looks: dict[int, int] = defaultdict(int)
    for one in seen:
        looks[one.deal] += 1
    rows = [
        [*(float(one.stage == stage) for stage in stages), *one.values[:-1], (one.values[-1] - mean) / spread]
        for one in seen
    ]
    learner = LogisticRegression(max_iter=500)
    learner.fit(rows, [one.won for one in seen], sample_weight=[1 / looks[one.deal] for one in seen])
    weights = [float(weight) for weight in learner.coef_[0]]
    return {
        "intercept": float(learner.intercept_[0]),
        "stages": {str(stage): weight for stage, weight in zip(stages, weights, strict=False)},
        "weights": dict(zip(rules.FEATURES, weights[len(stages) :], strict=True)),
        "amount_mean": mean,
        "amount_spread": spread,
    }


def chance(model: dict[str, Any], stage: int, values: list[float]) -> float:
    """The chance of one observation, as the database reckons it for the open deals."""
    weights = model["weights"]
    scaled = [*values[:-1], (values[-1] - model["amount_mean"]) / model["amount_spread"]]
    z = model["intercept"] + model["stages"].get(str(stage), 0.0)
    z += sum(weights[name] * value for name, value in zip(rules.FEATURES, scaled, strict=True))
    return sigmoid(max(-30.0, min(30.0, z)))
