"""The newest of what was learned, as expressions the database reckons with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Case, F, FloatField, Func, Q, Value, When
from django.db.models.functions import Cast

from reports.models import LearnedOdds
from reports.rules.odds import MOST_WEEKS, closes_within, stage_chance
from reports.rules.periods import Period
from sales.models import Stage

AMOUNT = Cast("amount", FloatField())
WEEK = 7 * 86400


def latest() -> LearnedOdds | None:
    """What was learned last; None before the first time."""
    return LearnedOdds.objects.order_by("-learned_at").first()


def by_age(values: list[float], now: datetime) -> Func:
    """One of the values by how many weeks a deal has been in its stage."""
    array = ", ".join(f"{value:.6f}" for value in values)
    return Func(
        Value(now),
        F("stage_since"),
        template=(
            f"(ARRAY[{array}]::float8[])[LEAST({MOST_WEEKS}, GREATEST(0,"
            f" floor(date_part('epoch', %(expressions)s) / {WEEK})::int)) + 1]"
        ),
        arg_joiner=" - ",
        output_field=FloatField(),
    )


def stage_expression(odds: LearnedOdds, period: Period, today: date, now: datetime) -> Case:
    """P(win | stage) × P(closed in the period | age in the stage); a stage without enough history keeps its own
    probability and believes the expected day."""
    start, end = (period.first - today).days, (period.last - today).days
    expected = Q(expected_close_date__gte=period.first, expected_close_date__lte=period.last)
    whens = []
    for pk, probability in Stage.objects.filter(kind=Stage.Kind.OPEN).values_list("pk", "probability"):
        learned = odds.stages.get(str(pk), {})
        chance = stage_chance(learned.get("won", 0), learned.get("closed", 0))
        if chance is None:
            whens.append(When(expected, stage_id=pk, then=Value(probability / 100)))
        else:
            timing = closes_within(learned["weeks"], start, end)
            whens.append(When(stage_id=pk, then=by_age([chance * one for one in timing], now)))
    return Case(*whens, default=Value(0.0), output_field=FloatField())


def model_expression(odds: LearnedOdds, period: Period, today: date, now: datetime) -> Case:
    """The model's chance × P(closed in the period | age in the stage), the same timing as by stage."""
    start, end = (period.first - today).days, (period.last - today).days
    expected = Q(expected_close_date__gte=period.first, expected_close_date__lte=period.last)
    chance = chance_expression(odds.model, now)
    whens = []
    for pk in Stage.objects.filter(kind=Stage.Kind.OPEN).values_list("pk", flat=True):
        learned = odds.stages.get(str(pk), {})
        if stage_chance(learned.get("won", 0), learned.get("closed", 0)) is None:
            whens.append(When(expected, stage_id=pk, then=chance))
        else:
            whens.append(
                When(stage_id=pk, then=chance * by_age(closes_within(learned["weeks"], start, end), now))
            )
    return Case(*whens, default=Value(0.0), output_field=FloatField())


def chance_expression(model: Mapping[str, Any], now: datetime) -> Func:
    """The chance that an open deal is ever won, by the learned weights."""
    weights = model["weights"]
    stages = " ".join(f"WHEN {int(pk)} THEN {weight:.9f}" for pk, weight in model["stages"].items())
    age = "greatest(0, date_part('epoch', %(now)s) / 86400)"
    moment = f"'{now.isoformat()}'::timestamptz"
    in_stage = age % {"now": f"{moment} - stage_since"}
    since = age % {"now": f"{moment} - opened_at::timestamptz"}
    z = (
        f"{model['intercept']:.9f} + CASE stage_id {stages} ELSE 0 END"
        f" + {weights['in_stage']:.9f} * ln(1 + {in_stage})"
        f" + {weights['age']:.9f} * ln(1 + {since})"
        f" + {weights['pushes']:.9f} * least(pushes, 5)"
        f" + {weights['amount']:.9f} * (ln(1 + amount::float8) - {model['amount_mean']:.9f}) / {model['amount_spread']:.9f}"
    )
    return Func(
        template=f"1 / (1 + exp(-least(30, greatest(-30, {z}))))".replace("%", "%%"),
        output_field=FloatField(),
    )
