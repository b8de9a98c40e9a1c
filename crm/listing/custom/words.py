"""Custom fields as the timeline and the audit log speak of them, whoever reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from crm.listing.custom.columns import text_of
from crm.records.models.custom_field import PREFIX, CustomField
from crm.records.queries.custom_fields import field_named


def label_in_log(model: type[models.Model], name: str) -> str:
    """A custom field's name; one that not everybody may see is not named."""
    one = field_named(model, name)
    if one is None:
        return name.removeprefix(PREFIX)
    return _("a field not everybody sees") if one.visible_to else one.label


def values_in_log(model: type[models.Model], name: str, pair: Sequence[Any]) -> list[str] | None:
    """The old and the new value in words, nothing where they are not for everybody's eyes."""
    one = field_named(model, name)
    if one is None or one.is_personal:
        return None
    return [_said(one, value) for value in pair]


def _said(one: CustomField, value: Any) -> str:
    return str(value.get("label", "")) if isinstance(value, dict) else text_of(one, value)
