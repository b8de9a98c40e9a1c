"""What a manager's dashboard shows beside the reports: the year by month, changes against last year, the team's work, what needs care."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from accounts.models import Activity
from crm.core.clock import company_midnight
from crm.identity.access import visible
from crm.identity.fields import shield
from crm.identity.models import User
from reports.asked import Asked
from reports.models import Metric
from reports.queries.deals import Unit, closed_between, deals_of
from reports.queries.forecast import COUNTED
from reports.queries.targets import quota_rows, targets_from, tree_for, whole_quota
from reports.rules.periods import MONTH, Period
from sales.models import ForecastCategory, Opportunity, OpportunityStatus
from sales.queries.opportunities import rotting_q, without_next_step_q
from sales.rules.forecast import win_rate

WON, LOST = OpportunityStatus.WON, OpportunityStatus.LOST
TREND = 6  # months of a tile's line
CARE = 5  # deals that need care


@dataclass(frozen=True)
class Closed:
    """What was closed in some days: the amount won, how many were won and lost."""

    value: Decimal = Decimal(0)
    won: int = 0
    lost: int = 0

    @property
    def rate(self) -> Decimal | None:
        return win_rate(self.won, self.lost)

    @property
    def average(self) -> Decimal | None:
        return self.value / self.won if self.won else None


def closed_by_month(asked: Asked, unit: Unit, first: date, last: date) -> dict[date, Closed]:
    """What was closed in each month of some days."""
    rows, _query = deals_of(asked)
    found: dict[date, Closed] = defaultdict(Closed)
    shown = rows.filter(closed_between(first, last), status__in=(WON, LOST)).values_list(
        TruncMonth("closed_at"), "currency"
    )
    for month, currency, value, won, lost in shown.annotate(
        value=Sum("amount", filter=Q(status=WON)),
        won=Count("pk", filter=Q(status=WON)),
        lost=Count("pk", filter=Q(status=LOST)),
    ):
        so_far = found[month]
        found[month] = Closed(
            so_far.value + unit.value(value, currency), so_far.won + won, so_far.lost + lost
        )
    return found


def together(months: Mapping[date, Closed]) -> Closed:
    """Several months as one."""
    return Closed(
        sum((one.value for one in months.values()), Decimal(0)),
        sum(one.won for one in months.values()),
        sum(one.lost for one in months.values()),
    )


@dataclass(frozen=True)
class MonthAhead:
    """A month of the year: what was won in it, what is still expected, and its target."""

    period: Period
    won: Decimal
    commit: Decimal
    best: Decimal
    quota: Decimal | None


@dataclass(frozen=True)
class YearAhead:
    """The months of a year, and the target of all of it."""

    months: list[MonthAhead]
    quota: Decimal | None

    @property
    def share(self) -> Decimal | None:
        """What the year is expected to reach of its target: won, commit and best case."""
        reached = sum((one.won + one.commit + one.best for one in self.months), Decimal(0))
        return reached / self.quota if self.quota else None


def year_by_month(asked: Asked, unit: Unit, months: Mapping[date, Closed], year: Period) -> YearAhead:
    """The months of a year; open deals stand in the month they are expected to close."""
    rows, _query = deals_of(asked)
    due = COUNTED & Q(expected_close_date__gte=year.first, expected_close_date__lte=year.last)
    open_sums: dict[date, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    shown = rows.filter(due).values_list(TruncMonth("expected_close_date"), "currency")
    for month, currency, commit, best in shown.annotate(
        commit=Sum("amount", filter=Q(forecast_category=ForecastCategory.COMMIT)),
        best=Sum("amount", filter=Q(forecast_category=ForecastCategory.BEST_CASE)),
    ):
        open_sums[month][0] += unit.value(commit, currency)
        open_sums[month][1] += unit.value(best, currency)
    quotas = quota_rows(asked.user, year, Metric.WON_VALUE)
    parents = tree_for(quotas)
    found = []
    for month in year.parts(MONTH):
        set_ = [row for row in quotas if row.kind == MONTH and row.first == month.first]
        goals = targets_from(set_, month, unit, parents)
        closed = months.get(month.first, Closed())
        commit, best = open_sums.get(month.first, (Decimal(0), Decimal(0)))
        found.append(MonthAhead(month, closed.value, commit, best, whole_quota(asked, goals)))
    return YearAhead(found, whole_quota(asked, targets_from(quotas, year, unit, parents)))


def follow_ups_by(user: User, people: Iterable[int], period: Period) -> dict[int, int]:
    """How many follow-ups each of some people made in a period, of those the reader sees."""
    rows = visible(Activity, user).filter(
        owner__in=list(people),
        done_at__gte=company_midnight(period.first),
        done_at__lt=company_midnight(period.last + timedelta(1)),
    )
    return dict(rows.order_by().values_list("owner_id").annotate(n=Count("pk")))


def in_need(asked: Asked) -> tuple[list[Opportunity], int]:
    """The biggest deals in which nothing happens any more, and how many there are."""
    rows, _query = deals_of(asked)
    rotting: QuerySet[Opportunity] = rows.filter(rotting_q())
    found = list(rotting.select_related("customer", "owner", "stage").order_by("-amount", "pk")[:CARE])
    shield(asked.user, found)
    return found, rotting.count()


def without_next_step(asked: Asked) -> int:
    """How many open deals have nothing planned."""
    rows, _query = deals_of(asked)
    return rows.filter(without_next_step_q()).count()
