"""Settling the custom values of one record: read, checked against each other and against all other records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken, SoftDeletable
from crm.records.models.custom_field import LINKING, PREFIX, CustomField, CustomFields
from crm.records.queries.custom_fields import fields_of, linked, spec_of
from crm.records.rules.custom_conditions import Condition, is_required
from crm.records.rules.custom_values import BadValue, stored
from crm.records.searchable import SEARCHED


class CustomRulesBroken(RuleBroken):
    """Custom values that cannot be kept: the reason by the key of each field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        key, message = next(iter(errors.items()))
        super().__init__(message, code="custom", field=PREFIX + key)
        self.errors = dict(errors)


def settle(
    record: CustomFields, given: Mapping[str, Any], *, changed: Iterable[str] = (), complete: bool = True
) -> dict[str, Any]:
    """All custom values of a record once the given ones are in; an empty one is taken away, the others stay.

    `changed` names the other fields that change together with them. A new record takes the defaults. What is required
    is asked of a new record, and of an existing one for whatever the change touches; `complete=False` asks for nothing
    (a record that comes into being on the way, of which no form was filled in). Raises `CustomRulesBroken`.
    """
    fields = fields_of(type(record))
    if not fields and not given:
        return record.custom
    before, new = record.custom or {}, record.pk is None
    values, errors = dict(before), {}
    for key in given:
        if key not in fields:
            errors[key] = _("There is no such field.")
    if errors:
        raise CustomRulesBroken(errors)
    wanted = {key: one.default for key, one in fields.items() if new and one.default is not None} | dict(
        given
    )
    for key, value in wanted.items():
        one = fields[key]
        try:
            kept = stored(spec_of(one), value)
        except BadValue as error:
            errors[key] = str(error)
            continue
        if kept is None:
            values.pop(key, None)
        else:
            values[key] = kept
    errors |= _links_gone(fields, {k: v for k, v in values.items() if before.get(k) != v and k not in errors})
    touched = {PREFIX + key for key in values.keys() | before.keys() if values.get(key) != before.get(key)}
    touched |= {PREFIX + key for key in given} | set(changed)
    everything = condition_values(record, values)
    for key, one in fields.items():
        if key in errors or key in values or not complete or not (new or _concerns(one, touched)):
            continue
        if is_required(one.required, one.shown_when, one.required_when, everything):
            errors[key] = _("%(field)s is required.") % {"field": one.label}
    if not errors:
        errors = taken(record, fields, {key: values[key] for key in values if before.get(key) != values[key]})
    if errors:
        raise CustomRulesBroken(errors)
    return values


def condition_values(record: models.Model, custom: Mapping[str, Any]) -> dict[str, Any]:
    """What conditions look at: the record's own fields, and its custom ones under their names."""
    own = {f.name: getattr(record, f.attname) for f in record._meta.concrete_fields if f.name not in SEARCHED}
    return own | {PREFIX + key: value for key, value in custom.items()}


def taken(
    record: CustomFields, fields: Mapping[str, CustomField], values: Mapping[str, Any]
) -> dict[str, str]:
    """Which of the values another record outside the bin has already, although the field allows no two alike.

    Each value is held by an advisory lock until the transaction ends, so that of two people saving it at the same
    moment the second one waits and then sees the first one's.
    """
    model, errors = type(record), {}
    for key in sorted(values):
        if key not in fields or not fields[key].unique:
            continue
        hold(model, key, values[key])
        # One that went with its whole counts: it comes back with it, and its value is still its own.
        kept = {"deleted_at__isnull": True} if issubclass(model, SoftDeletable) else {}
        others = model._base_manager.filter(custom__contains={key: values[key]}, **kept)
        if others.exclude(pk=record.pk).exists():
            errors[key] = _("Another record has this %(field)s already.") % {"field": fields[key].label}
    return errors


def hold(model: type[models.Model], key: str, value: Any) -> None:
    """Keep a value of a unique field to oneself until the transaction ends."""
    name = f"custom:{model._meta.label_lower}:{key}"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0)), "
            "pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [name, f"{name}:{value}"],
        )


def hold_all(model: type[models.Model], key: str) -> None:
    """Keep all values of a unique field to oneself until the transaction ends: for writers of thousands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"custom:{model._meta.label_lower}:{key}"],
        )


def check_free(record: CustomFields) -> None:
    """Refuse to bring a record back from the bin whose unique values another one has taken meanwhile."""
    errors = taken(record, fields_of(type(record)), record.custom or {})
    if errors:
        raise CustomRulesBroken(errors)


def _links_gone(fields: Mapping[str, CustomField], values: Mapping[str, Any]) -> dict[str, str]:
    """Ids among new values that nobody and nothing has."""
    return {
        key: _("There is no such record.")
        for key, value in values.items()
        if fields[key].kind in LINKING and value not in linked(fields[key], [value])
    }


def _concerns(one: CustomField, touched: set[str]) -> bool:
    """Whether a change of these fields can make this one required."""
    conditions = (Condition.of(one.shown_when), Condition.of(one.required_when))
    return one.name in touched or any(c is not None and c.field in touched for c in conditions)


__all__ = [
    "CustomRulesBroken",
    "check_free",
    "condition_values",
    "hold",
    "hold_all",
    "settle",
    "taken",
]
