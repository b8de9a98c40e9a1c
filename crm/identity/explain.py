"""Why somebody sees a record, and who else does: the rule of `access.py` told in words.

Every answer is checked against `access.may`, so that an explanation never promises what a list would refuse.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.identity import access
from crm.identity.models import Cover, RolePolicy, Scope, Team, TeamGroupGrant, TeamUserGrant, User
from crm.identity.policies import Everyone, Owned, Private, Via
from crm.identity.shares import grant_models, live


@dataclass(frozen=True)
class Access:
    """One person who can do something to a record, and the reason for it."""

    user: User
    reason: str


def why(user: User, record: models.Model, action: str = "view") -> list[str]:
    """The reasons for which somebody may do the action to the record; none if they may not."""
    if not access.may(user, action, record):
        return []
    return list(dict.fromkeys(_reasons(user, record, access._level(action))))


def who_can(record: models.Model, action: str = "view") -> list[Access]:
    """Everybody who may do the action to the record, by name, each with the first reason."""
    people = (
        User._base_manager.filter(_candidates(record), is_active=True)
        .select_related("role", "team")
        .order_by("name_sort", "pk")
    )
    found = []
    for user in people.distinct():
        reasons = why(user, record, action)
        if reasons:
            found.append(Access(user, reasons[0]))
    return found


def _reasons(user: User, record: models.Model, level: str) -> Iterator[str]:
    policy = access.policy_of(type(record))
    if isinstance(policy, Everyone):
        yield _("Everybody whose role allows it")
    elif isinstance(policy, Private):
        yield _("It is their own")
    elif isinstance(policy, Via):
        for parent in _parents(record, policy.fields):
            if _reaches(user, parent, level):
                yield from _reasons(user, parent, level)
    else:
        yield from _owned_reasons(user, record, policy, level)


def _owned_reasons(user: User, record: models.Model, policy: Owned, level: str) -> Iterator[str]:
    model = type(record)
    reach = access._reach(model, user, level)
    if reach.everything:
        yield (
            _("Administrator")
            if user.is_superuser
            else _("The role %(role)s reaches everything") % {"role": user.role}
        )
        return
    if reach.deals_only:
        yield _("The role %(role)s reaches customers with deals") % {"role": user.role}
        return
    owner_id = getattr(record, f"{policy.owner}_id")
    if owner_id == user.pk:
        yield _("Owner")
    elif owner_id in access._owners(policy, user, level):
        yield _("Covers for %(name)s") % {"name": getattr(record, policy.owner)}
    if getattr(record, f"{policy.team}_id") in reach.team_ids:
        team = getattr(record, policy.team)
        words = (
            _("Member of the pool %(team)s")
            if team.is_pool
            else _("Works with the records of the team %(team)s")
        )
        yield words % {"team": team}
    yield from _shares(user, record, level)
    if reach.via_parents and level == access.VIEW:
        for parent in _wholes(record, policy):
            if _reaches(user, parent, level):
                yield _("Through %(parent)s") % {"parent": parent}


def _shares(user: User, record: models.Model, level: str) -> Iterator[str]:
    tables = grant_models(type(record))
    if tables is None or level == access.ASSIGN:
        return
    codename = f"{'view' if level == access.VIEW else 'change'}_{record._meta.model_name}"
    users, groups = tables
    asked = {"content_object": record, "permission__codename": codename}
    for grant in live(users._base_manager.filter(user=user, **asked)).select_related("granted_by"):
        yield _shared(str(grant.granted_by or ""), "", grant.expires_at)
    of_groups = live(groups._base_manager.filter(group__user=user, **asked))
    for grant in of_groups.select_related("granted_by", "group"):
        team = Team._base_manager.filter(group=grant.group_id).first()
        yield _shared(str(grant.granted_by or ""), str(team or grant.group), grant.expires_at)


def _shared(by: str, team: str, until: object) -> str:
    values = {"by": by, "team": team}
    if team:
        text = _("Shared with the team %(team)s by %(by)s") if by else _("Shared with the team %(team)s")
    else:
        text = _("Shared by %(by)s") if by else _("Shared")
    text %= values
    if until:
        day = date_format(timezone.localtime(until), "SHORT_DATE_FORMAT")  # type: ignore[arg-type]
        return _("%(reason)s until %(date)s") % {"reason": text, "date": day}
    return text


def _reaches(user: User, record: models.Model, level: str) -> bool:
    """Whether the rows reach the record, whatever the verb: a parent's verbs are not asked for."""
    model = type(record)
    return model._default_manager.filter(access._rows(model, user, level), pk=record.pk).exists()


def _wholes(record: models.Model, policy: Owned) -> Iterator[models.Model]:
    """The records through which an owned one is reached as well."""
    if policy.also_via:
        yield from _parents(record, (policy.also_via,))
    if policy.also_about and (about := getattr(record, policy.also_about.field)) is not None:
        yield about


def _parents(record: models.Model, paths: tuple[str, ...]) -> Iterator[models.Model]:
    for path in paths:
        if "__" not in path:
            parent = getattr(record, path)
            if parent is not None:
                yield parent
            continue
        first, rest = path.split("__", 1)
        for link in getattr(record, first).select_related(rest):
            yield getattr(link, rest)


def _candidates(record: models.Model) -> Q:
    """Everybody who could possibly reach the record: `may` has the last word on each."""
    policy = access.policy_of(type(record))
    if isinstance(policy, Everyone):
        return Q()
    if isinstance(policy, Private):
        return Q(pk=getattr(record, f"{policy.user}_id"))
    if isinstance(policy, Via):
        return access.any_of(_candidates(parent) for parent in _parents(record, policy.fields))
    wide = RolePolicy._base_manager.filter(model=record._meta.label_lower, scope__in=[Scope.ALL, Scope.DEALS])
    found = Q(is_superuser=True) | Q(role__in=wide.values("role"))
    owner_id = getattr(record, f"{policy.owner}_id")
    found |= Q(pk=owner_id) | Q(pk__in=Cover.objects.running().filter(user=owner_id).values("by"))
    team_id = getattr(record, f"{policy.team}_id")
    if team_id is not None:
        found |= Q(pk__in=TeamUserGrant._base_manager.filter(content_object=team_id).values("user"))
        found |= Q(groups__in=TeamGroupGrant._base_manager.filter(content_object=team_id).values("group"))
    tables = grant_models(type(record))
    if tables is not None:
        users, groups = tables
        found |= Q(pk__in=users._base_manager.filter(content_object=record.pk).values("user"))
        found |= Q(groups__in=groups._base_manager.filter(content_object=record.pk).values("group"))
    for parent in _wholes(record, policy):
        found |= _candidates(parent)
    return found
