"""Single records shared with single people or groups: the grants that count today, and the ids they open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils import timezone

from crm.identity.models.grant import RecordGroupGrant, RecordUserGrant

if TYPE_CHECKING:
    from crm.identity.models import Team, User

VIEW, CHANGE, ASSIGN = "view", "change", "assign"
INLINE_SHARES = 1000  # more shared ids than this stay a subquery


@cache
def grant_models(model: type[models.Model]) -> tuple[type[RecordUserGrant], type[RecordGroupGrant]] | None:
    """The tables of explicit grants on this kind of record, or None where it cannot be shared."""
    users, groups = (
        next(
            (table for table in apps.get_models() if issubclass(table, kind) and _grants_on(table, model)),
            None,
        )
        for kind in (RecordUserGrant, RecordGroupGrant)
    )
    return (users, groups) if users and groups else None


def _grants_on(table: type[models.Model], model: type[models.Model]) -> bool:
    return table._meta.get_field("content_object").related_model is model._meta.concrete_model


def live(grants: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Those grants that have not run out: expiry bites at once, without waiting for a clean-up."""
    return grants.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))


def shared_ids(model: type[models.Model], user: User, level: str) -> list[int] | models.QuerySet[Any]:
    """Records shared with the user or with one of their groups; reading collaborators only see, editing ones change."""
    tables = grant_models(model)
    if tables is None or level == ASSIGN:
        return []
    if "_crm_shares" not in user.__dict__:
        user.__dict__["_crm_shares"] = _few(user)
    codename, few = f"{level}_{model._meta.model_name}", user.__dict__["_crm_shares"]
    if few is not None:
        return few.get(codename, [])
    direct, by_group = (rows.filter(permission__codename=codename) for rows in _grants(tables, user))
    return direct.values_list("content_object_id").union(by_group.values_list("content_object_id"))


def _few(user: User) -> dict[str, list[int]] | None:
    """The shared ids of every kind of record by permission, read once a request; None where they are too many for that."""
    tables = [tables for model in apps.get_models() if (tables := grant_models(model))]
    columns = ("permission__codename", "content_object_id")
    asked = [rows.values_list(*columns) for pair in tables for rows in _grants(pair, user)]
    found = list(asked[0].union(*asked[1:])[: INLINE_SHARES + 1])
    if len(found) > INLINE_SHARES:
        return None
    by_permission: dict[str, list[int]] = defaultdict(list)
    for codename, pk in sorted(found):
        by_permission[codename].append(pk)
    return by_permission


def _grants(
    tables: tuple[type[RecordUserGrant], type[RecordGroupGrant]], user: User
) -> tuple[models.QuerySet[Any], models.QuerySet[Any]]:
    """The live grants to the person and to the person's groups."""
    users, groups = tables
    return live(users._base_manager.filter(user=user.pk)), live(
        groups._base_manager.filter(group__user=user.pk)
    )


@dataclass(frozen=True)
class Collaborator:
    """A colleague or a team a record is shared with: how far, and until when."""

    who: User | Team
    field: str  # "user" or "team"
    may_edit: bool
    expires_at: datetime | None

    @property
    def is_team(self) -> bool:
        return self.field == "team"


def collaborators_of(record: models.Model) -> list[Collaborator]:
    """Whom a record is shared with now, teams last; nobody where its kind cannot be shared."""
    tables = grant_models(type(record))
    if tables is None:
        return []
    users, groups = (live(table._base_manager.filter(content_object=record)) for table in tables)
    users = users.select_related("user", "permission").order_by("user__name_sort")
    groups = groups.select_related("group__team", "permission")
    rows = [("user", grant.user, grant) for grant in users]
    rows += [("team", grant.group.team, grant) for grant in groups if hasattr(grant.group, "team")]
    found: dict[tuple[str, int], Collaborator] = {}
    for field, who, grant in rows:
        before = found.get((field, who.pk))
        edits = grant.permission.codename.startswith("change") or (before is not None and before.may_edit)
        found[field, who.pk] = Collaborator(who, field, edits, grant.expires_at)
    return list(found.values())
