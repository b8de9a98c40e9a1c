"""Who may see and edit which field: the one answer that forms, pages, lists, imports, exports and the API ask for.

Whose *records* somebody reaches is decided by `crm.identity.access`; here it is decided what of a record they read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING

from django.db import models

from crm.records.models.custom_field import PREFIX, CustomField
from crm.records.queries.custom_fields import fields_of

if TYPE_CHECKING:
    from crm.identity.models import User


class Level(IntEnum):
    """How far somebody's right to a field goes, each level with those below it."""

    HIDDEN = 0  # it is not there for them
    MASKED = 1  # that there is a value, not which
    READ = 2
    EDIT = 3  # within the records they may change


def level_of(user: User, model: type[models.Model], name: str) -> Level:
    """Which level a person has on a field of a kind of record; custom ones are named `cf_…`."""
    if not name.startswith(PREFIX):
        return Level.EDIT
    one = fields_of(model, user).get(name.removeprefix(PREFIX))
    return Level.HIDDEN if one is None else custom_level(user, one)


def custom_level(user: User, one: CustomField) -> Level:
    """The level on a custom field: roles that are not named see it, or edit it, only where none is named."""
    role = user.role if user.role_id else None
    if user.is_superuser or (role is not None and role.is_administrator):
        return Level.EDIT
    slug = role.slug if role is not None else ""
    if one.visible_to and slug not in one.visible_to:
        return Level.HIDDEN
    return Level.READ if one.editable_by and slug not in one.editable_by else Level.EDIT


def readable(user: User, model: type[models.Model]) -> Mapping[str, CustomField]:
    """The custom fields a person may read, by key, in their order."""
    return _at_least(user, fields_of(model, user).values(), Level.READ)


def editable(user: User, model: type[models.Model]) -> Mapping[str, CustomField]:
    """The custom fields a person may edit, by key, in their order."""
    return _at_least(user, fields_of(model, user).values(), Level.EDIT)


def _at_least(user: User, fields: Iterable[CustomField], level: Level) -> dict[str, CustomField]:
    return {one.key: one for one in fields if custom_level(user, one) >= level}
