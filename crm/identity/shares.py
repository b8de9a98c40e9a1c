"""Single records shared with single people or groups: the grants that count today, and the ids they open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from crm.identity.models.grant import RecordGroupGrant, RecordUserGrant

if TYPE_CHECKING:
    from crm.identity.models import User

VIEW, CHANGE, ASSIGN = "view", "change", "assign"
INLINE_SHARES = 1000  # more shared ids than this stay a subquery


def grant_models(model: type[models.Model]) -> tuple[type[RecordUserGrant], type[RecordGroupGrant]] | None:
    """The tables of explicit grants on this kind of record, or None where it cannot be shared."""
    users, groups = get_user_obj_perms_model(model), get_group_obj_perms_model(model)
    if issubclass(users, RecordUserGrant) and issubclass(groups, RecordGroupGrant):
        return users, groups
    return None


def live(grants: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Those grants that have not run out: expiry bites at once, without waiting for a clean-up."""
    return grants.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))


def shared_ids(model: type[models.Model], user: User, level: str) -> list[int] | models.QuerySet[Any]:
    """Records shared with the user or with one of their groups; reading collaborators only see, editing ones change."""
    tables = grant_models(model)
    if tables is None or level == ASSIGN:
        return []
    cache = user.__dict__.setdefault("_crm_shares", {})
    if (model, level) not in cache:
        cache |= {(model, each): ids for each, ids in _shares(tables, user, model).items()}
    return cache[model, level]


def _shares(
    tables: tuple[type[RecordUserGrant], type[RecordGroupGrant]], user: User, model: type[models.Model]
) -> dict[str, list[int] | models.QuerySet[Any]]:
    """The shared ids of both levels by one query: a list where there are few, else a subquery."""
    names = {level: f"{level}_{model._meta.model_name}" for level in (VIEW, CHANGE)}
    users, groups = tables
    direct = live(users._base_manager.filter(user=user.pk, permission__codename__in=names.values()))
    by_group = live(groups._base_manager.filter(group__user=user.pk, permission__codename__in=names.values()))
    columns = ("permission__codename", "content_object_id")
    found = list(direct.values_list(*columns).union(by_group.values_list(*columns))[: INLINE_SHARES + 1])
    if len(found) > INLINE_SHARES:
        return {
            level: direct.filter(permission__codename=name)
            .values_list("content_object_id")
            .union(by_group.filter(permission__codename=name).values_list("content_object_id"))
            for level, name in names.items()
        }
    return {level: sorted(pk for codename, pk in found if codename == name) for level, name in names.items()}
