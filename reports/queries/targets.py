"""Targets as reports read them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet

from crm.core.money import BASE_CURRENCY
from crm.identity.access import has_verb, visible
from crm.identity.models import User
from reports.models import Metric, Quota
from reports.queries.deals import Unit
from reports.rules.periods import Period
from reports.rules.targets import target, team_target


@dataclass
class Targets:
    """The targets of a period: of people, and of teams (their own, else the sum of their people's)."""

    people: dict[int, Decimal] = field(default_factory=dict)
    teams: dict[int, Decimal] = field(default_factory=dict)
    team_of: dict[int, int | None] = field(default_factory=dict)
    own: frozenset[int] = frozenset()  # teams with a target of their own

    def of_team_with(self, teams: set[int] | None) -> Decimal | None:
        """What several teams together are to reach; of all teams where none are named."""
        found = [value for team, value in self.teams.items() if teams is None or team in teams]
        return sum(found, Decimal(0)) if found else None


class QuotaRow(NamedTuple):
    """A target as it is reckoned with."""

    user_id: int | None
    team_id: int | None
    kind: str
    first: date
    amount: Decimal
    currency: str
    metric: str


def quota_list() -> QuerySet[Quota]:
    """Targets with what the columns of their list read."""
    return Quota.objects.select_related("user", "team")


def targets(user: User, period: Period, metric: str, currency: str = BASE_CURRENCY) -> Targets:
    """The targets somebody may see for a period, in one currency; whoever may see none has none."""
    if not has_verb(user, "view", Quota):
        return Targets()
    rows = visible(Quota, user).filter(
        metric=metric, first_date__gte=period.first, first_date__lte=period.last
    )
    return targets_from(quota_rows(rows), period, currency)


def quota_rows(rows: QuerySet[Quota]) -> list[QuotaRow]:
    """Targets as plain rows, in the order of their days; one query for however many periods."""
    columns = ("user_id", "team_id", "kind", "first_date", "amount", "currency", "metric")
    return [QuotaRow(*row) for row in rows.order_by("first_date").values_list(*columns)]


def targets_from(rows: Iterable[QuotaRow], period: Period, currency: str = BASE_CURRENCY) -> Targets:
    """The targets of a period out of some rows."""
    people: dict[int, dict[tuple[str, date], Decimal]] = defaultdict(dict)
    teams: dict[int, dict[tuple[str, date], Decimal]] = defaultdict(dict)
    found, unit = Targets(), Unit(currency)
    for user_id, team_id, kind, first, amount, money, metric in rows:
        if metric == Metric.WON_VALUE:
            amount = unit.value(amount, money)
        if user_id:
            people[user_id][kind, first] = amount
            found.team_of[user_id] = team_id
        else:
            teams[team_id][kind, first] = amount
    for pk, one in people.items():
        if (value := target(one, period)) is not None:
            found.people[pk] = value
    members: dict[int, list[Decimal]] = defaultdict(list)
    for pk, value in found.people.items():
        if team := found.team_of[pk]:
            members[team].append(value)
    own = {team: target(one, period) for team, one in teams.items()}
    found.own = frozenset(team for team, value in own.items() if value is not None)
    for team in {*own, *members}:
        value = team_target(own.get(team), members[team])
        if value is not None:
            found.teams[team] = value
    return found
