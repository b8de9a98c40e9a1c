"""Whose targets and forecasts somebody may set."""

from __future__ import annotations

from django.db.models import QuerySet

from crm.identity import access
from crm.identity.models import RolePolicy, Team, User
from reports.models import ForecastCall, Quota
from sales.models import Opportunity


def teams_within(
    user: User, model: type[Quota] | type[ForecastCall], action: str = "change"
) -> set[int] | None:
    """The teams for whose people somebody may set this; None for all of them."""
    if not access.has_verb(user, action, model):
        return set()
    return None if access.branches(model, user, action) is None else access.team_ids_of(user, model, action)


def may_set_for(user: User, person: User, model: type[Quota] | type[ForecastCall] = Quota) -> bool:
    """Whether somebody may set another's target or judge their forecast: never one's own."""
    teams = teams_within(user, model)
    return person.pk != user.pk and (teams is None or person.team_id in teams)


def may_set_for_team(user: User, team: Team) -> bool:
    """Whether somebody may set a team's own target: of those they lead, or of all."""
    teams = teams_within(user, Quota)
    return teams is None or team.pk in teams


def may_set(user: User, quota: Quota) -> bool:
    """Whether somebody may change a target that is there, or take it away."""
    if quota.user is not None:
        return may_set_for(user, quota.user)
    return quota.team is not None and may_set_for_team(user, quota.team)


def sellers(user: User) -> QuerySet[User]:
    """The active colleagues who own deals by their role and whose targets somebody may set, by team."""
    teams = teams_within(user, Quota)
    people = access.visible(User, user).filter(is_active=True, role__policies__in=_selling())
    people = people.exclude(pk=user.pk)
    if teams is not None:
        people = people.filter(team__in=teams)
    return people.select_related("team").order_by("team__position", "team__name", "name_sort").distinct()


def _selling() -> QuerySet:
    return RolePolicy._base_manager.filter(model=Opportunity._meta.label_lower, verbs__contains=["add"])
