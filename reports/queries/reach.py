"""Whose targets and forecasts somebody may set."""

from __future__ import annotations

from django.db.models import QuerySet

from crm.identity import access
from crm.identity.models import RolePolicy, Team, User
from reports.models import ForecastCall, Quota
from sales.models import Opportunity


def may_set_for(user: User, person: User, model: type[Quota] | type[ForecastCall] = Quota) -> bool:
    """Whether somebody may set another's target or judge their forecast: never one's own."""
    return person.pk != user.pk and access.reaches_team(user, "change", model, person.team_id)


def may_set_for_team(user: User, team: Team) -> bool:
    """Whether somebody may set a team's own target: of those they lead, or of all."""
    return access.reaches_team(user, "change", Quota, team.pk)


def sellers(user: User) -> QuerySet[User]:
    """The active colleagues who own deals by their role and whose targets somebody may set, by team."""
    teams = access.reached_teams(user, "change", Quota)
    people = access.visible(User, user).filter(is_active=True, role__policies__in=_selling())
    people = people.exclude(pk=user.pk)
    if teams is not None:
        people = people.filter(team__in=teams)
    return people.select_related("team").order_by("team__position", "team__name", "name_sort").distinct()


def _selling() -> QuerySet:
    return RolePolicy._base_manager.filter(model=Opportunity._meta.label_lower, verbs__contains=["add"])
