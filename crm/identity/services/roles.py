"""Roles become Django permissions (verbs) and guardian permissions on teams (rows)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.events import ROLE_CREATED, ROLE_DELETED, ROLE_UPDATED
from crm.identity.held import TEAM_PERMISSION
from crm.identity.models import Role, RolePolicy, Scope, Team, TeamUserGrant, User

# Kinds of records that only an administrator's role manages, in the browser and in Django admin.
PLATFORM_APPS = ("identity", "records", "events", "automation", "guardian", "auth")
# Everybody may look up colleagues, teams and roles; names have to be readable on every record.
DIRECTORY = ("identity.user", "identity.team", "identity.role")
ROLE_FIELDS = {
    "name_en",
    "name_zh",
    "description_en",
    "description_zh",
    "export_cap",
    "needs_second_factor",
    "is_administrator",
    "position",
}


@transaction.atomic
def create_role(slug: str, *, actor: Actor, like: Role | None = None, **values: object) -> Role:
    """Add a role, with the rights of another one to start from or with none but looking up colleagues."""
    if Role._base_manager.filter(slug=slug).exists():
        raise RuleBroken(_("There is a role of this code already."), field="slug")
    _known(values)
    group = Group.objects.create(name=f"role:{slug}")
    role = Role._base_manager.create(slug=slug, group=group, **values)
    record_event(ROLE_CREATED, role, actor=actor, payload={"slug": slug, "like": like.slug if like else ""})
    policies = {label: (["view"], Scope.ALL.value) for label in DIRECTORY}
    if like is not None:
        policies |= {p.model: (p.verbs, p.scope) for p in like.policies.all()}
    return save_policies(role, policies, actor=actor)


@transaction.atomic
def update_role(role: Role, *, actor: Actor, **values: object) -> Role:
    """Rename a role or change what holds for all its rights together."""
    _known(values)
    role = lock(role)
    if role.is_administrator and not values.get("is_administrator", True):
        list(Role._base_manager.select_for_update().filter(is_administrator=True).order_by("pk"))
        others = User._base_manager.filter(is_active=True, role__is_administrator=True).exclude(role=role)
        if not others.exists():
            raise RuleBroken(_("Somebody has to stay administrator."), field="is_administrator")
    with recording(ROLE_UPDATED, role, actor=actor):
        for field, value in values.items():
            setattr(role, field, value)
        role.save()
    User._base_manager.filter(role=role).update(is_staff=role.is_administrator)
    sync_role(role)
    return role


@transaction.atomic
def delete_role(role: Role, *, actor: Actor) -> None:
    """Delete a role nobody has any more."""
    if User._base_manager.filter(role=role).exists():
        raise RuleBroken(_("People still have this role. Give them another one first."))
    record_event(ROLE_DELETED, role, actor=actor, payload={"slug": role.slug})
    group = role.group
    role.delete()
    group.delete()


def _known(values: Mapping[str, object]) -> None:
    if unknown := set(values) - ROLE_FIELDS:
        raise TypeError(f"not changed here: {', '.join(sorted(unknown))}")


@transaction.atomic
def save_policies(role: Role, policies: Mapping[str, tuple[Sequence[str], str]], *, actor: Actor) -> Role:
    """Set what a role may do: `{model label: (verbs, scope)}` for the kinds of record named; others stay."""
    role = lock(role)
    before = {p.model: [list(p.verbs), p.scope] for p in role.policies.all()}
    for model, (verbs, scope) in policies.items():
        if scope not in Scope.values:
            raise RuleBroken(_("Choose how far the role reaches."), field=model)
        RolePolicy._base_manager.update_or_create(
            role=role, model=model, defaults={"verbs": sorted(set(verbs)), "scope": scope}
        )
    after = {p.model: [list(p.verbs), p.scope] for p in RolePolicy._base_manager.filter(role=role)}
    changes = {m: [before.get(m), after[m]] for m in after if before.get(m) != after[m]}
    if changes:
        record_event(ROLE_UPDATED, role, actor=actor, changes=changes)
    sync_role(role)
    sync_team_grants(User._base_manager.filter(role=role))
    return role


def sync_role(role: Role) -> None:
    """Give the role's group exactly the Django permissions its policies name."""
    wanted = {
        f"{p.model.split('.')[0]}.{verb}_{p.model.split('.')[1]}"
        for p in role.policies.all()
        for verb in p.verbs
    }
    permissions = Permission.objects.select_related("content_type")
    chosen = [p for p in permissions if f"{p.content_type.app_label}.{p.codename}" in wanted]
    if role.is_administrator:
        chosen += [p for p in permissions if p.content_type.app_label in PLATFORM_APPS]
    role.group.permissions.set(chosen)


def sync_roles() -> None:
    """Renew every role's permissions and everybody's team permissions; part of every migration."""
    for role in Role._base_manager.select_related("group"):
        sync_role(role)
    sync_team_grants(User._base_manager.all())


@transaction.atomic
def sync_team_grants(users: Iterable[User]) -> None:
    """Renew the team permissions that follow from role, membership, leadership and the tree, after one of them changed."""
    users = list(users)
    if not users:
        return
    teams = list(Team._base_manager.values_list("pk", "parent_id", "leader_id"))
    below = _descendants([(pk, parent) for pk, parent, _leader in teams])
    content_type = ContentType.objects.get_for_model(Team)
    permissions = Permission.objects.filter(content_type=content_type, codename__in=TEAM_PERMISSION.values())
    scopes: dict[int, set[str]] = {}
    for role_id, scope in RolePolicy._base_manager.values_list("role_id", "scope"):
        scopes.setdefault(role_id, set()).add(scope)
    wanted: set[tuple[int, int, int, str]] = set()
    for user in users:
        if not user.is_active:
            continue
        reached = scopes.get(user.role_id or 0, set())
        by_role = set()
        if user.team_id and Scope.BELOW in reached:
            by_role = below[user.team_id]
        elif user.team_id and Scope.TEAM in reached:
            by_role = {user.team_id}
        led = set().union(*(below[pk] for pk, _parent, leader in teams if leader == user.pk))
        for permission in permissions:
            wanted |= {(user.pk, permission.pk, team, TeamUserGrant.Source.LEADER.value) for team in led}
            wanted |= {
                (user.pk, permission.pk, team, TeamUserGrant.Source.ROLE.value) for team in by_role - led
            }
    _replace_grants(users, wanted)


def _replace_grants(users: list[User], wanted: set[tuple[int, int, int, str]]) -> None:
    existing = TeamUserGrant._base_manager.filter(user__in=[u.pk for u in users])
    manual = set()
    staying = {user.pk for user in users if user.is_active}  # who leaves is a member of no pool any more
    present: dict[tuple[int, int, int, str], int] = {}
    for pk, *key in existing.values_list("pk", "user_id", "permission_id", "content_object_id", "source"):
        if key[3] == TeamUserGrant.Source.MANUAL or (
            key[3] == TeamUserGrant.Source.POOL and key[0] in staying
        ):
            manual.add(tuple(key[:3]))
        else:
            present[tuple(key)] = pk
    obsolete = [pk for key, pk in present.items() if key not in wanted]
    TeamUserGrant._base_manager.filter(pk__in=obsolete).delete()
    TeamUserGrant._base_manager.bulk_create(
        [
            TeamUserGrant(user_id=u, permission_id=p, content_object_id=t, source=s)
            for u, p, t, s in sorted(wanted - set(present))
            if (u, p, t) not in manual
        ]
    )


def _descendants(teams: list[tuple[int, int | None]]) -> dict[int, set[int]]:
    """For each team the ids of itself and everything below it."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in teams:
        children.setdefault(parent, []).append(pk)
    result: dict[int, set[int]] = {}

    def collect(pk: int) -> set[int]:
        if pk not in result:
            result[pk] = {pk}  # set first: a broken tree must not recurse for ever
            for child in children.get(pk, []):
                result[pk] |= collect(child)
        return result[pk]

    for pk, _parent in teams:
        collect(pk)
    return result


def seed_role(apps: Any, slug: str, policies: Mapping[str, tuple[Sequence[str], str]]) -> None:
    """For data migrations: add an app's default policies to a seeded role, leaving edited ones alone."""
    role = apps.get_model("identity", "Role").objects.get(slug=slug)
    policy = apps.get_model("identity", "RolePolicy")
    for model, (verbs, scope) in policies.items():
        policy.objects.get_or_create(
            role=role, model=model, defaults={"verbs": sorted(set(verbs)), "scope": scope}
        )
