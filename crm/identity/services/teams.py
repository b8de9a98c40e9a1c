"""The team tree."""

import uuid

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.events import TEAM_CREATED, TEAM_DELETED, TEAM_UPDATED
from crm.identity.models import Team, User
from crm.identity.services.roles import sync_team_grants

EDITABLE = {"name", "parent", "leader", "region_code", "position", "is_active"}


@transaction.atomic
def create_team(
    name: str,
    *,
    parent: Team | None = None,
    leader: User | None = None,
    region_code: str = "",
    kind: str = Team.Kind.DEPARTMENT,
    actor: Actor,
) -> Team:
    """Add a team to the tree, or a pool beside the teams it serves."""
    name = name.strip()
    if not name:
        raise RuleBroken(_("A team needs a name."), field="name")
    if Team._base_manager.filter(parent=parent, name=name).exists():
        raise RuleBroken(_("There is a team of this name already."), field="name")
    if parent is not None and parent.is_pool:
        raise RuleBroken(_("A pool has no teams below it."), field="parent")
    team = Team(name=name, parent=parent, leader=leader, region_code=region_code, kind=kind)
    team.position = Team._base_manager.filter(parent=parent).count() + 1
    with transaction.atomic():
        team.group = Group.objects.create(name=f"team:new:{uuid.uuid4()}")
        team.save()
        team.group.name = f"team:{team.pk}"
        team.group.save(update_fields=["name"])
    record_event(TEAM_CREATED, team, actor=actor, payload={"name": name, "parent": str(parent or "")})
    sync_team_grants(User._base_manager.all())
    return team


@transaction.atomic
def update_team(team: Team, *, actor: Actor, **values: object) -> Team:
    """Rename or move a team or change its leader; who sees its records follows at once."""
    if unknown := set(values) - EDITABLE:
        raise TypeError(f"not changed here: {', '.join(sorted(unknown))}")
    # The whole tree is locked: two moves at once could otherwise put two teams below each other.
    list(Team._base_manager.select_for_update().order_by("pk").values_list("pk"))
    team = lock(team)
    parent = values.get("parent", team.parent)
    if parent is not None and parent.is_pool:  # type: ignore[attr-defined]
        raise RuleBroken(_("A pool has no teams below it."), field="parent")
    step = parent
    while step is not None:
        if step.pk == team.pk:  # type: ignore[attr-defined]
            raise RuleBroken(_("A team cannot belong to itself or to a team below it."), field="parent")
        step = step.parent  # type: ignore[attr-defined]
    name = str(values.get("name", team.name)).strip()
    if not name:
        raise RuleBroken(_("A team needs a name."), field="name")
    if Team._base_manager.filter(parent=parent, name=name).exclude(pk=team.pk).exists():
        raise RuleBroken(_("There is a team of this name already."), field="name")
    with recording(TEAM_UPDATED, team, actor=actor):
        for field, value in {**values, "name": name}.items():
            setattr(team, field, value)
        team.save()
    sync_team_grants(User._base_manager.all())
    return team


@transaction.atomic
def delete_team(team: Team, *, actor: Actor) -> None:
    """Delete an empty team: no people, no teams below, no records."""
    team = lock(team)
    if team.members.exists() or team.children.exists():
        raise RuleBroken(_("Move its people and teams elsewhere first."))
    record_event(TEAM_DELETED, team, actor=actor, payload={"name": team.name})
    group = team.group
    team.delete()  # records that still point here raise ProtectedError, which the views explain
    group.delete()
    sync_team_grants(User._base_manager.all())
