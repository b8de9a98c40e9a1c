"""Single records shared with single people or groups: the grants that count today, and the ids they open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cache, reduce
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Func, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject
from django.utils import timezone

from crm.core.written import written
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
    direct, by_group = (live(rows).filter(permission__codename=codename) for rows in _grants(tables, user.pk))
    return direct.values_list("content_object_id").union(by_group.values_list("content_object_id"))


def _few(user: User) -> dict[str, list[int]] | None:
    """The shared ids of every kind of record by permission, read once a request; None where they are too many for that."""
    person = get_user_model()._base_manager.filter(pk=user.pk)
    found = person.values_list(_everything_shared(), flat=True).first() or []
    if len(found) > INLINE_SHARES:
        return None
    now, by_permission = timezone.now(), defaultdict(set)
    for one in found:
        until = one["until"] and datetime.fromisoformat(one["until"])
        if until is None or until > now:
            by_permission[one["verb"]].add(one["id"])
    return {codename: sorted(ids) for codename, ids in by_permission.items()}


@cache
def _everything_shared() -> RawSQL:
    """The grants on records of every kind to a person and to the person's groups, as a column beside the person.

    Written once: a table for each kind makes writing it dearer than asking it.
    """
    what = JSONObject(verb="permission__codename", id="content_object_id", until="expires_at")
    tables = [tables for model in apps.get_models() if (tables := grant_models(model))]
    grants = [rows for pair in tables for rows in _grants(pair, OuterRef("pk"))]
    each = [ArraySubquery(rows.values(one=what)[: INLINE_SHARES + 1]) for rows in grants]
    joined = reduce(lambda left, right: Func(left, right, function="array_cat"), each)
    return written(get_user_model()._base_manager.annotate(shared=joined))["shared"]


def _grants(
    tables: tuple[type[RecordUserGrant], type[RecordGroupGrant]], person: Any
) -> tuple[models.QuerySet[Any], models.QuerySet[Any]]:
    """The grants to a person (an id, or the OuterRef of one) and to the person's groups, run out or not."""
    users, groups = tables
    return users._base_manager.filter(user=person), groups._base_manager.filter(group__user=person)


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
