"""How well earlier forecasts said what came: the first snapshot of each finished period against what was won in it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Q, Sum

from reports.asked import Asked
from reports.models import SnapshotDeal
from reports.queries.deals import Unit, closed_between, deals_of
from reports.queries.outlook import lines_of
from reports.rules.periods import MONTH, period_of
from sales.models import OpportunityStatus
from sales.rules.forecast import bias, brier, mape, wape

MONTHS = 12
FIRST_WEEK = timedelta(7)  # the first snapshot of a period is taken in its first week
METHODS = {
    "weighted": ("weighted_open",),
    "commit": ("commit_open",),
    "best": ("commit_open", "best_open"),
    "stage_history": ("stage_open",),
    "model": ("model_open",),
}


@dataclass(frozen=True)
class Accuracy:
    """How far a method was off, as fractions; None where there is nothing to compare."""

    method: str
    pairs: int
    wape: Decimal | None
    mape: Decimal | None
    bias: Decimal | None


def accuracy(asked: Asked) -> list[Accuracy]:
    """Each method's error over the finished months of a year, person by person, as said in the first week of each month."""
    this = period_of(asked.today, MONTH)
    since = this.on(-MONTHS).first
    said: dict[tuple[date, int | None], dict[str, Decimal | None]] = {}
    days: dict[tuple[date, int | None], date] = {}
    rows = lines_of(asked).filter(kind=MONTH, first_date__gte=since, first_date__lt=this.first)
    rows = rows.filter(
        snapshot__taken_on__gte=F("first_date"), snapshot__taken_on__lt=F("first_date") + FIRST_WEEK
    )
    unit = Unit()
    columns = ("first_date", "owner_id", "snapshot__taken_on", "currency", "closed", *_OPEN)
    for first, owner, day, currency, closed, *values in rows.order_by("snapshot__taken_on").values_list(
        *columns
    ):
        key = (first, owner)
        if days.setdefault(key, day) != day:
            continue
        here = said.setdefault(key, dict.fromkeys(METHODS, Decimal(0)))
        amounts = dict(zip(_OPEN, values, strict=True))
        for method, parts in METHODS.items():
            if any(amounts[part] is None for part in parts) or here[method] is None:
                here[method] = None
                continue
            here[method] += unit.value(closed + sum(amounts[part] for part in parts), currency)  # type: ignore[operator]
    won = _won(asked, unit, since, this.first - timedelta(1))
    months = {first for first, _owner in said}
    found = []
    for method in METHODS:
        pairs = [
            (value, won.get(key, Decimal(0)))
            for key, one in said.items()
            if (value := one[method]) is not None
        ]
        unforeseen = [
            (Decimal(0), value) for key, value in won.items() if key[0] in months and key not in said
        ]  # won by somebody of whom nothing was said
        pairs += unforeseen if pairs else []
        forecasts, actuals = [f for f, _a in pairs], [a for _f, a in pairs]
        found.append(
            Accuracy(
                method,
                len(pairs),
                wape(forecasts, actuals),
                mape(forecasts, actuals),
                bias(forecasts, actuals),
            )
        )
    return found


_OPEN = ("weighted_open", "commit_open", "best_open", "stage_open", "model_open")


def _won(asked: Asked, unit: Unit, first: date, last: date) -> dict[tuple[date, int | None], Decimal]:
    """What each person won in each month."""
    rows, _query = deals_of(asked)
    found: dict[tuple[date, int | None], Decimal] = defaultdict(Decimal)
    won = rows.filter(closed_between(first, last), status=OpportunityStatus.WON)
    for day, owner, currency, amount in won.values_list("closed_at", "owner_id", "currency").annotate(
        n=Sum("amount")
    ):
        found[period_of(day, MONTH).first, owner] += unit.value(amount, currency)
    return found


def model_brier(asked: Asked) -> tuple[Decimal | None, int]:
    """The model's Brier score: its chances in snapshots against how those deals ended, and of how many."""
    seen, _query = deals_of(asked)
    ended = Q(opportunity__status__in=(OpportunityStatus.WON, OpportunityStatus.LOST))
    rows = SnapshotDeal.objects.filter(ended, chance__isnull=False, opportunity__in=seen.values("pk"))
    pairs = list(rows.order_by("-pk").values_list("chance", "opportunity__status")[:20_000])
    score = brier(
        [Decimal(str(chance)) for chance, _status in pairs],
        [int(status == OpportunityStatus.WON) for _chance, status in pairs],
    )
    return score, len(pairs)
