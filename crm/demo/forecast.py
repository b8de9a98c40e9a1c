"""Targets of the demo company, and what the forecast would have said in the weeks of the past year.

Past snapshots are put together from the deals' own histories: where each stood on that Monday, what it was thought to be
worth, when it was expected to close.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from crm.core.clock import company_day, company_midnight, company_today
from crm.events.actor import Actor
from crm.identity.models import User
from reports import services
from reports.models import ForecastCall, Snapshot, SnapshotDeal, SnapshotLine
from reports.rules.periods import MONTH, QUARTER, Period, months_on, period_of
from reports.services.snapshots import periods_at
from sales.models import ForecastCategory, Opportunity, OpportunityStatus, StageHistory
from sales.rules import forecast as rules

WEEKS = 56
GROWTH = Decimal("1.15")  # what a target adds to a year's average month
STEP = 50_000  # targets are round


def create_forecasts(people: dict[str, User], actor: Actor) -> None:
    """Targets for each seller's months, past weeks' snapshots, and what managers said of this quarter."""
    if not Opportunity.objects.exists():
        return
    won = _won()
    for name in ("sales1", "sales2", "sales3", "sales4"):
        _targets(people[name], won[people[name].pk], actor)
    services.learn()
    _snapshots()
    services.take_snapshot()
    _calls(people)


def _won() -> dict[int, list[tuple[date, Decimal]]]:
    found: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    rows = Opportunity.objects.filter(status=OpportunityStatus.WON, currency="CNY")
    for owner, day, amount in rows.values_list("owner_id", "closed_at", "amount"):
        found[owner].append((day, amount))
    return found


def _targets(person: User, won: list[tuple[date, Decimal]], actor: Actor) -> None:
    """A target for each month of last and this year, a little above what an average month brought."""
    today = company_today()
    year = [amount for day, amount in won if day > today - timedelta(365)]
    monthly = max(Decimal(round(sum(year, Decimal(0)) * GROWTH / 12 / STEP)) * STEP, Decimal(STEP))
    first = date(today.year - 1, 1, 1)
    for number in range(24):
        period = Period(months_on(first, number), MONTH)
        lighter = (
            Decimal("0.6") if period.first.month == 2 else Decimal(1)
        )  # the month of the Spring Festival
        services.set_quota(period=period, amount=monthly * lighter, user=person, actor=actor)


def _snapshots() -> None:
    today = company_today()
    monday = today - timedelta(today.weekday())
    stays = defaultdict(list)
    for row in StageHistory.objects.select_related("stage").order_by("entered_at", "pk"):
        stays[row.opportunity_id].append(row)
    deals = list(Opportunity.objects.exclude(status=OpportunityStatus.INVALID))
    for number in range(WEEKS, 0, -1):
        day = monday - timedelta(7 * number)
        snapshot = Snapshot.objects.create(taken_on=day, taken_at=company_midnight(day) + timedelta(hours=9))
        standing = [(deal, stay) for deal in deals if (stay := _standing(deal, stays[deal.pk], day))]
        for period in periods_at(day):
            SnapshotLine.objects.bulk_create(_lines(snapshot, period, standing, deals, day))
        until = period_of(day, QUARTER).on(1).last
        SnapshotDeal.objects.bulk_create(
            SnapshotDeal(
                snapshot=snapshot,
                opportunity=deal,
                owner_id=deal.owner_id,
                team_id=deal.team_id,
                amount=stay.amount,
                currency=deal.currency,
                category=stay.stage.forecast_category,
                expected_close_date=_expected(deal, stay),
            )
            for deal, stay in standing
            if period_of(day, QUARTER).first <= (_expected(deal, stay) or date.min) <= until
        )


def _standing(deal: Opportunity, stays: list[StageHistory], day: date) -> StageHistory | None:
    """Where an open deal stood on a day; nothing before it was opened and after it was closed."""
    if deal.opened_at > day or (deal.closed_at and deal.closed_at <= day):
        return None
    before = [stay for stay in stays if company_day(stay.entered_at) <= day and stay.stage.is_open]
    return before[-1] if before else None


def _expected(deal: Opportunity, stay: StageHistory) -> date | None:
    return stay.expected_close_date or deal.expected_close_date


def _lines(
    snapshot: Snapshot,
    period: Period,
    standing: list[tuple[Opportunity, StageHistory]],
    deals: list[Opportunity],
    day: date,
) -> Iterator[SnapshotLine]:
    groups: dict[Any, list[rules.Deal]] = defaultdict(list)
    for deal, stay in standing:
        expected = _expected(deal, stay)
        if expected and period.holds(expected):
            groups[deal.owner_id, deal.team_id, deal.currency].append(
                rules.Deal(stay.amount, stay.probability, stay.stage.forecast_category)
            )
    for deal in deals:
        if deal.status == OpportunityStatus.WON and period.holds(deal.closed_at) and deal.closed_at <= day:
            groups[deal.owner_id, deal.team_id, deal.currency].append(
                rules.Deal(deal.amount, 100, ForecastCategory.CLOSED)
            )
    for (owner, team, currency), found in groups.items():
        said = rules.forecast(found)
        yield SnapshotLine(
            snapshot=snapshot,
            kind=period.kind,
            first_date=period.first,
            owner_id=owner,
            team_id=team,
            currency=currency,
            closed=said.closed,
            commit_open=said.commit - said.closed,
            best_open=said.best - said.commit,
            pipeline_open=said.open - (said.best - said.closed),
            weighted_open=said.weighted_open,
        )


def _calls(people: dict[str, User]) -> None:
    """What three sellers and their managers said of this quarter; the fourth has said nothing yet."""
    today = company_today()
    period = period_of(today, QUARTER)
    monday = company_midnight(today - timedelta(today.weekday()))
    lines = SnapshotLine.objects.filter(snapshot__taken_at__gte=monday, kind=QUARTER, first_date=period.first)
    for seller, manager, share in (
        ("sales1", "manager1", 95),
        ("sales2", "manager1", 105),
        ("sales3", "manager2", 90),
    ):
        mine = [one for one in lines if one.owner_id == people[seller].pk]
        expected = sum((one.closed + one.commit_open for one in mine), Decimal(0))
        if not expected:
            continue
        own = Decimal(round(expected / 10_000)) * 10_000
        services.call_forecast(
            people[seller], period, own, actor=Actor.of(people[seller]), kind=ForecastCall.Kind.OWN
        )
        judged = Decimal(round(own * share / 100 / 10_000)) * 10_000
        services.call_forecast(
            people[seller], period, judged, actor=Actor.of(people[manager]), kind=ForecastCall.Kind.MANAGER
        )
