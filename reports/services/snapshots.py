"""The weekly snapshot of the forecast: what was said on a Monday, so that one sees later how well."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import FloatField, Model, Q, Value
from django.utils import timezone

from crm.core.clock import company_today
from crm.core.locks import hold
from reports.models import Snapshot, SnapshotDeal, SnapshotLine
from reports.queries.deals import deals
from reports.queries.forecast import COUNTED, sums
from reports.queries.odds import chance_expression, latest
from reports.rules.periods import MONTH, QUARTER, Period, period_of

BATCH = 2000
DEALS_KEPT = timedelta(400)  # longer than a year's forecasts are compared; the lines stay for good


def periods_at(day: date) -> list[Period]:
    """The periods a snapshot speaks of: this month and quarter, and the next ones."""
    return [period_of(day, kind).on(step) for kind in (MONTH, QUARTER) for step in (0, 1)]


@transaction.atomic
def take_snapshot() -> Snapshot | None:
    """Keep what the forecast says of everybody today; once a week, on Monday or the first day after it. Nothing the second time."""
    today, now = company_today(), timezone.now()
    hold("forecast-snapshot")
    if Snapshot.objects.filter(taken_on__gte=today - timedelta(today.weekday())).exists():
        return None
    snapshot = Snapshot.objects.create(taken_on=today, taken_at=now)
    odds, rows = latest(), deals()
    for period in periods_at(today):
        lines = (
            SnapshotLine(
                snapshot=snapshot,
                kind=period.kind,
                first_date=period.first,
                owner_id=one.group[0],
                team_id=one.group[1],
                currency=one.currency,
                **one.amounts,
            )
            for one in sums(rows, period, odds, today, now, ("owner_id", "team_id"))
        )
        _keep(SnapshotLine, lines)
    until = period_of(today, QUARTER).on(1).last
    due = rows.filter(
        COUNTED, Q(expected_close_date__gte=period_of(today, QUARTER).first, expected_close_date__lte=until)
    )
    chance: Any = Value(None, output_field=FloatField())
    if odds is not None and odds.model:
        chance = chance_expression(odds.model, now)
    columns = ("pk", "owner_id", "team_id", "amount", "currency", "forecast_category", "expected_close_date")
    names = (
        "opportunity_id",
        "owner_id",
        "team_id",
        "amount",
        "currency",
        "category",
        "expected_close_date",
        "chance",
    )
    kept = (
        SnapshotDeal(snapshot=snapshot, **dict(zip(names, row, strict=True)))
        for row in due.values_list(*columns, chance).iterator(chunk_size=BATCH)
    )
    _keep(SnapshotDeal, kept)
    return snapshot


def _keep(model: type[Model], rows: Iterable[Any]) -> None:
    """Write many rows batch by batch, so that they are never all in memory."""
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        model._base_manager.bulk_create(batch)


def forget_snapshots() -> int:
    """Delete the single deals of snapshots older than four hundred days; the lines stay."""
    old = Snapshot.objects.filter(taken_on__lt=company_today() - DEALS_KEPT)
    return SnapshotDeal.objects.filter(snapshot__in=old).delete()[0]
