"""What the forecast page shows beside the numbers of now: how they came about, what moved, what closes the gap, who said what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from crm.identity.access import visible
from crm.identity.fields import shield
from crm.identity.models import User
from reports.asked import Asked
from reports.models import ForecastCall, Snapshot, SnapshotDeal, SnapshotLine
from reports.queries.deals import Unit, deals_of
from reports.queries.forecast import COUNTED, SUMS
from reports.rules.periods import Period
from sales.models import Opportunity, OpportunityStatus

WEEKS = 16  # bars of the course of a period at most
MOVED, FILLING = 6, 5  # lines of the two lists


@dataclass(frozen=True)
class Week:
    """What a snapshot said of a period."""

    day: date
    amounts: dict[str, Decimal]


def lines_of(asked: Asked) -> QuerySet[SnapshotLine]:
    """The snapshots' lines that the reader sees, of the owner or team asked for; none of one pipeline, which they do not know."""
    if asked["pipeline"]:
        return SnapshotLine.objects.none()
    rows = visible(SnapshotLine, asked.user)
    if owner := asked["owner"]:
        rows = rows.filter(owner=owner)
    if team := asked["team"]:
        rows = rows.filter(team__in=asked.form.fields["team"].ids(team))
    return rows


def course(asked: Asked, period: Period, unit: Unit) -> list[Week]:
    """How the forecast of a period went from week to week."""
    rows = lines_of(asked).filter(kind=period.kind, first_date=period.first)
    rows = rows.filter(snapshot__taken_on__lte=period.last).order_by("snapshot__taken_on")
    if period.first <= asked.today:  # what was said before it began belongs to the plan, not to its course
        rows = rows.filter(snapshot__taken_on__gte=period.first)
    found: dict[date, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(SUMS, Decimal(0)))
    measures = {f"sum_{name}": Sum(name) for name in SUMS}
    for day, currency, *values in rows.values_list("snapshot__taken_on", "currency").annotate(**measures):
        for name, value in zip(SUMS, values, strict=True):
            found[day][name] += unit.value(value, currency)
    return [Week(day, amounts) for day, amounts in found.items()][-WEEKS:]


@dataclass(frozen=True)
class Move:
    """What became of a deal since a snapshot: `kind` is won, lost, out, up, down, more, less or new."""

    deal: Opportunity
    kind: str
    effect: Decimal
    before: str = ""


RANK = {"omitted": 0, "pipeline": 1, "best_case": 2, "commit": 3, "closed": 4}


def last_snapshot(today: date) -> Snapshot | None:
    """The latest snapshot before this week, else the latest of this week before today."""
    monday = today - timedelta(today.weekday())
    rows = Snapshot.objects.order_by("-taken_on")
    return rows.filter(taken_on__lt=monday).first() or rows.filter(taken_on__lt=today).first()


def moves(asked: Asked, snapshot: Snapshot, period: Period) -> list[Move]:
    """The deals of a period that moved most since a snapshot, the biggest first."""
    seen, _query = deals_of(asked)
    due = Q(expected_close_date__gte=period.first, expected_close_date__lte=period.last)
    same = Q(
        opportunity__status=OpportunityStatus.OPEN,
        opportunity__forecast_category=F("category"),
        opportunity__amount=F("amount"),
        opportunity__expected_close_date=F("expected_close_date"),
    )
    kept = SnapshotDeal.objects.filter(due, snapshot=snapshot, opportunity__in=seen.values("pk"))
    rows = (
        kept.exclude(same)
        .select_related("opportunity__customer", "opportunity__owner")
        .order_by("-amount", "pk")
    )
    found = []
    for row in rows[:200]:
        move = _move(row, period)
        if move is not None:
            found.append(move)
    fresh = seen.filter(COUNTED, due, opened_at__gt=snapshot.taken_on).select_related("customer", "owner")
    found += [Move(one, "new", one.amount) for one in fresh.order_by("-amount", "pk")[:MOVED]]
    found.sort(key=lambda move: -abs(move.effect))
    found = found[:MOVED]
    shield(asked.user, [move.deal for move in found])
    return found


def _move(row: SnapshotDeal, period: Period) -> Move | None:
    deal = row.opportunity
    if deal.status == OpportunityStatus.WON:
        return Move(deal, "won", deal.amount, row.category)
    if deal.status != OpportunityStatus.OPEN:
        return Move(deal, "lost", -row.amount, row.category)
    if deal.expected_close_date is None or not period.holds(deal.expected_close_date):
        return Move(deal, "out", -row.amount, row.category)
    before, after = RANK[row.category], RANK[deal.forecast_category]
    if before != after:
        return Move(
            deal,
            "up" if after > before else "down",
            deal.amount if after > before else -deal.amount,
            row.category,
        )
    if deal.amount != row.amount:
        return Move(deal, "more" if deal.amount > row.amount else "less", deal.amount - row.amount)
    return None


def filling(asked: Asked, period: Period) -> list[Opportunity]:
    """The biggest open deals expected to close in the period: where the gap is closed first."""
    rows, _query = deals_of(asked)
    due = Q(expected_close_date__gte=period.first, expected_close_date__lte=period.last)
    found = list(
        rows.filter(COUNTED, due)
        .select_related("customer", "stage", "owner")
        .order_by("-amount", "pk")[:FILLING]
    )
    shield(asked.user, found)
    return found


def overdue(asked: Asked, period: Period) -> int:
    """How many open deals were expected to close before the period and stand in no forecast any more."""
    rows, _query = deals_of(asked)
    return rows.filter(COUNTED, expected_close_date__lt=begins(asked, period)).count()


def begins(asked: Asked, period: Period) -> date:
    """The day from which a deal may still be expected: the period's first, or today for a later period."""
    return min(period.first, asked.today)


def calls(user: User, period: Period, people: Sequence[int]) -> dict[int, dict[str, ForecastCall]]:
    """What was said of each person's period: by themselves and by their manager."""
    rows = visible(ForecastCall, user).filter(period=period.kind, first_date=period.first, owner__in=people)
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for one in rows.select_related("by"):
        found[one.owner_id][one.kind] = one
    return found
