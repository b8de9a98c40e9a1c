"""Targets as reports read them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet

from crm.identity.access import visible
from crm.identity.models import Team, User
from reports.asked import Asked
from reports.models import Metric, Quota
from reports.queries.deals import Unit
from reports.rules.periods import Period
from reports.rules.targets import target, team_target, together


@dataclass
class Targets:
    """The targets of a period: of people, and of teams (their own, else the sum of their people's)."""

    people: dict[int, Decimal] = field(default_factory=dict)
    teams: dict[int, Decimal] = field(default_factory=dict)
    team_of: dict[int, int | None] = field(default_factory=dict)
    own: frozenset[int] = frozenset()  # teams with a target of their own
    parents: Mapping[int, int | None] = field(default_factory=dict)  # read where a team has one of its own

    def of_team_with(self, teams: set[int] | None) -> Decimal | None:
        """What several teams together are to reach; of everybody, people without a team too, where none are named."""
        found = {team: value for team, value in self.teams.items() if teams is None or team in teams}
        whole = together(found, self.own & found.keys(), self.parents)
        alone = [value for pk, value in self.people.items() if teams is None and not self.team_of[pk]]
        return sum(alone, whole or Decimal(0)) if alone else whole

    def below(self, team: int) -> set[int]:
        """The teams a team's own target speaks for besides itself."""
        found = {team}
        while more := {pk for pk, parent in self.parents.items() if parent in found} - found:
            found |= more
        return found - {team}


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


def targets(user: User, period: Period, metric: str, unit: Unit) -> Targets:
    """The targets somebody may see for a period, in the unit of what they are compared with; whoever may see none has none."""
    return targets_from(quota_rows(user, period, metric), period, unit)


def quota_rows(user: User, period: Period, metric: str) -> list[QuotaRow]:
    """The targets somebody may see that begin in a period, in the order of their days: one query for however many parts."""
    rows = visible(Quota, user).filter(
        metric=metric, first_date__gte=period.first, first_date__lte=period.last
    )
    columns = ("user_id", "team_id", "kind", "first_date", "amount", "currency", "metric")
    return [QuotaRow(*row) for row in rows.order_by("first_date").values_list(*columns)]


def tree_for(rows: Iterable[QuotaRow]) -> dict[int, int | None]:
    """The team above each team, where some team has a target of its own; else nobody asks."""
    if all(row.user_id for row in rows):
        return {}
    return dict(Team._base_manager.values_list("pk", "parent_id"))


def targets_from(
    rows: Collection[QuotaRow], period: Period, unit: Unit, parents: Mapping[int, int | None] | None = None
) -> Targets:
    """The targets of a period out of some rows; `parents` where one tree of teams serves several periods."""
    people: dict[int, dict[tuple[str, date], Decimal]] = defaultdict(dict)
    teams: dict[int, dict[tuple[str, date], Decimal]] = defaultdict(dict)
    found = Targets(parents=tree_for(rows) if parents is None else parents)
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


def quotas_of(asked: Asked, goals: Targets) -> dict[Any, Decimal]:
    """The targets of the lines the question asks for."""
    teams = asked.form.fields["team"].ids(asked["team"]) if asked["team"] else None
    if asked["group"] == "team":
        return {} if asked["owner"] else {k: v for k, v in goals.teams.items() if teams is None or k in teams}
    return {
        pk: value
        for pk, value in goals.people.items()
        if (not asked["owner"] or pk == asked["owner"].pk) and (teams is None or goals.team_of[pk] in teams)
    }


def whole_quota(asked: Asked, goals: Targets) -> Decimal | None:
    """The target of all together: a team's own counts before the sum of its people's."""
    if asked["owner"]:
        return goals.people.get(asked["owner"].pk)
    return goals.of_team_with(asked.form.fields["team"].ids(asked["team"]) if asked["team"] else None)


def has_target(user: User) -> bool:
    """Whether somebody works towards a target of their own."""
    return Quota.objects.filter(user=user).exists()
