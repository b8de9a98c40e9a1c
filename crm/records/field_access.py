"""Who may see and edit which field: the one answer that forms, pages, lists, imports, exports and the API ask for.

Whose *records* somebody reaches is decided by `crm.identity.access`. Into which of a record's own fields, by the roles'
field rights (`crm.identity.fields`); into which custom ones, by what their definition says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import models

from crm.identity import fields
from crm.identity.access import is_administrator
from crm.identity.models.field_right import FieldLevel
from crm.records.models.custom_field import PREFIX, CustomField
from crm.records.queries.custom_fields import fields_of

if TYPE_CHECKING:
    from crm.identity.models import User


def level_of(user: User, model: type[models.Model], name: str) -> FieldLevel:
    """How far a person reaches into a field of a kind of record; custom ones are named `cf_…`."""
    if not name.startswith(PREFIX):
        return FieldLevel(fields.level(user, model, name))
    one = fields_of(model, user).get(name.removeprefix(PREFIX))
    return FieldLevel.HIDDEN if one is None else custom_level(user, one)


def custom_level(user: User, one: CustomField) -> FieldLevel:
    """How far a person reaches into a custom field: where roles are named, the others do not see it, see it in part, or only read it."""
    if is_administrator(user):
        return FieldLevel.EDIT
    slug = user.role.slug if user.role_id else ""
    if one.visible_to and slug not in one.visible_to:
        return FieldLevel.HIDDEN
    if slug in one.masked_for:
        return FieldLevel.MASKED
    return FieldLevel.READ if one.editable_by and slug not in one.editable_by else FieldLevel.EDIT


def readable(user: User, model: type[models.Model]) -> Mapping[str, CustomField]:
    """The custom fields a person may read, by key, in their order."""
    found = fields_of(model, user)
    return {key: one for key, one in found.items() if custom_level(user, one) != FieldLevel.HIDDEN}


def masked(user: User, model: type[models.Model]) -> Mapping[str, CustomField]:
    """The custom fields a person sees only in part, by key: nothing may be found, filtered or ordered by them."""
    found = {key: one for key, one in fields_of(model, user).items() if one.masked_for}
    return {key: one for key, one in found.items() if custom_level(user, one) == FieldLevel.MASKED}


def editable(user: User, model: type[models.Model]) -> Mapping[str, CustomField]:
    """The custom fields a person may edit, by key, in their order."""
    found = fields_of(model, user)
    return {key: one for key, one in found.items() if custom_level(user, one) == FieldLevel.EDIT}
