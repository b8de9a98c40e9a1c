"""Access to a team's records given to one person by hand, beside what follows from role and leadership."""

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.events import TEAM_ACCESS_GRANTED, TEAM_ACCESS_WITHDRAWN
from crm.identity.held import TEAM_PERMISSION
from crm.identity.models import Team, TeamUserGrant, User
from crm.identity.services.roles import sync_team_grants


@transaction.atomic
def grant_team_access(team: Team, user: User, codename: str, *, actor: Actor) -> TeamUserGrant:
    """Let a person see, change or dispose of a team's records, whatever their role's scope says."""
    if codename not in TEAM_PERMISSION.values():
        raise RuleBroken(_("There is no such permission on teams."), field="permission")
    if not user.is_active:
        raise RuleBroken(_("%(name)s has left. Choose somebody else.") % {"name": user}, field="user")
    grant, created = TeamUserGrant._base_manager.get_or_create(
        user=user, permission=_permission(codename), content_object=team
    )
    if created or grant.source != TeamUserGrant.Source.MANUAL:
        grant.source = TeamUserGrant.Source.MANUAL
        grant.save(update_fields=["source"])
        record_event(
            TEAM_ACCESS_GRANTED, team, actor=actor, payload={"user": str(user), "permission": codename}
        )
    return grant


@transaction.atomic
def withdraw_team_access(grant: TeamUserGrant, *, actor: Actor) -> None:
    """Take back what was given by hand; what follows from role or leadership stays."""
    if grant.source != TeamUserGrant.Source.MANUAL:
        raise RuleBroken(_("This follows from the person's role or place in the tree. Change it there."))
    user, team, codename = grant.user, grant.content_object, grant.permission.codename
    grant.delete()
    record_event(
        TEAM_ACCESS_WITHDRAWN, team, actor=actor, payload={"user": str(user), "permission": codename}
    )
    sync_team_grants([user])


def _permission(codename: str) -> Permission:
    return Permission.objects.get(content_type=ContentType.objects.get_for_model(Team), codename=codename)
