"""Who is a member of a pool: a permission to see its records, beside what follows from role and leadership."""

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from crm.core.writes import lock
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.events import POOL_MEMBERS_CHANGED
from crm.identity.held import TEAM_PERMISSION
from crm.identity.models import Team, TeamUserGrant, User
from crm.identity.services.roles import sync_team_grants
from crm.identity.shares import VIEW

Source = TeamUserGrant.Source


@transaction.atomic
def set_pool_members(pool: Team, users: Iterable[User], *, actor: Actor) -> bool:
    """Make exactly these people members of a pool; returns whether anything changed."""
    pool = lock(pool)
    permission = _seeing()
    wanted = {user.pk: user for user in users if user.is_active}
    held = TeamUserGrant._base_manager.filter(content_object=pool, permission=permission)
    before = dict(held.filter(source=Source.POOL).values_list("user_id", "pk"))
    leaving, coming = before.keys() - wanted.keys(), wanted.keys() - before.keys()
    if not leaving and not coming:
        return False
    held.filter(user__in=coming).delete()  # what followed from the role: being a member says more
    TeamUserGrant._base_manager.bulk_create(
        TeamUserGrant(user_id=pk, permission=permission, content_object=pool, source=Source.POOL)
        for pk in sorted(coming)
    )
    held.filter(user__in=leaving, source=Source.POOL).delete()
    gone = list(User._base_manager.filter(pk__in=leaving))
    sync_team_grants(gone)
    payload = {
        "joined": sorted(str(wanted[pk]) for pk in coming),
        "left": sorted(str(user) for user in gone),
    }
    record_event(POOL_MEMBERS_CHANGED, pool, actor=actor, payload=payload)
    return True


def is_pool_member(pool_id: int, user: User) -> bool:
    """Whether somebody may claim from a pool."""
    held = TeamUserGrant._base_manager.filter(
        user=user, content_object=pool_id, source=Source.POOL, permission=_seeing()
    )
    return held.exists()


def pool_members(pool: Team) -> list[User]:
    """The members of a pool by name."""
    ids = TeamUserGrant._base_manager.filter(
        content_object=pool, source=Source.POOL, permission=_seeing()
    ).values("user")
    return list(User._base_manager.filter(pk__in=ids, is_active=True).order_by("name_sort", "pk"))


def _seeing() -> Permission:
    kind = ContentType.objects.get_for_model(Team)
    return Permission.objects.get(content_type=kind, codename=TEAM_PERMISSION[VIEW])
