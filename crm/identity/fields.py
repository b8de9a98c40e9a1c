"""Which fields of a record somebody sees, in full or in part, and may edit: decided here and nowhere else.

A model names the fields that can be restricted in `guarded_fields`; a role's `FieldRight` rows say how far it reaches.
What a record repeats of such fields, its own or another kind's, it names in `repeats`: it is closed with any of them.
`shield` puts the rule on records that were read for somebody: whatever shows them afterwards (page, list, export, API)
can only show what is left. A shielded record is for showing; services lock and read their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from crm.core.masking import mask
from crm.events.catalogue import repeats_of
from crm.identity.models.field_right import FieldLevel, FieldRight

if TYPE_CHECKING:
    from crm.events.models import Event
    from crm.identity.models import User

CLOSED = (FieldLevel.HIDDEN, FieldLevel.MASKED)
TEXTS = (models.CharField, models.TextField)
EMPTIED = (*TEXTS, models.JSONField)  # by their own kind of nothing; of a number that would be a lie

M = TypeVar("M", bound=models.Model)


def guarded_fields(model: type[models.Model]) -> tuple[str, ...]:
    """The fields of a kind of record that can be restricted by role."""
    return getattr(model, "guarded_fields", ())


def maskable(model: type[models.Model], name: str) -> bool:
    """Whether part of the field can be shown: texts only."""
    field = model._meta.get_field(name)
    return isinstance(field, TEXTS) and not field.choices


def levels(user: User, model: type[models.Model]) -> dict[str, str]:
    """The fields of a kind of record that somebody may not simply see and edit, with how far they reach."""
    if not guarded_fields(model) or user.is_superuser:
        return {}
    return _all_levels(user).get(model._meta.label_lower, {})


def level(user: User, model: type[models.Model], name: str) -> str:
    """How far somebody reaches into one field."""
    return levels(user, model).get(name, FieldLevel.EDIT)


def closed(user: User, model: type[models.Model]) -> set[str]:
    """The fields somebody sees not at all or only in part: nothing may be found, filtered or ordered by them."""
    return {name for name, found in levels(user, model).items() if found in CLOSED}


def hidden(user: User, model: type[models.Model]) -> set[str]:
    """The fields somebody does not see at all."""
    return {name for name, found in levels(user, model).items() if found == FieldLevel.HIDDEN}


def may_edit(user: User, model: type[models.Model], name: str) -> bool:
    """Whether somebody who may edit the record may edit this field of it."""
    return level(user, model, name) == FieldLevel.EDIT


def is_closed(user: User, model: type[models.Model], path: str) -> bool:
    """Whether a path over relations leads through a field somebody sees not at all or only in part."""
    if not _all_levels(user):
        return False
    for step in path.replace(".", "__").split("__"):
        if step in closed(user, model):
            return True
        try:
            related = model._meta.get_field(step).related_model
        except FieldDoesNotExist:
            return False
        if not isinstance(related, type):
            return False
        model = related
    return False


def shield(user: User, records: Iterable[Any]) -> None:
    """Take from records, and from the related ones read with them, what the person may not see."""
    from crm.identity.pooled import hush  # it asks `access`, which reads this module

    shown = [one for record in records for one in _with_related(record)]
    kept = {model: kept_from(user, model) for model in {type(one) for one in shown}}
    for one in shown:
        _shield(user, one, kept[type(one)])
    hush(user, shown)


def as_seen_by(user: User, record: M) -> M:
    """One record as somebody sees it, for words about it: a copy, whose related records stay whole."""
    if not _all_levels(user):
        return record
    seen = copy(record)
    _shield(user, seen, kept_from(user, type(seen)))
    return seen


def censor(user: User, events: Iterable[Event]) -> None:
    """Take from events what became of fields the person may not see."""
    from crm.identity.pooled import hush_events  # it asks `access`, which reads this module

    events = list(events)
    hush_events(user, events)
    held = {} if user.is_superuser else _all_levels(user)
    for event in events if held else ():
        barred = {n for n, found in held.get(event.subject_type, {}).items() if found in CLOSED}
        event.changes = {n: pair for n, pair in event.changes.items() if n not in barred}
        event.private = {n: pair for n, pair in event.private.items() if n not in barred}
        said = repeats_of(event) if barred else {}
        event.payload = {n: one for n, one in event.payload.items() if said.get(n, n) not in barred}


def kept_from(user: User, model: type[models.Model]) -> dict[str, Any]:
    """The fields of a kind of record that somebody may not see, with what stands there instead: a value, or `mask`."""
    found: dict[str, Any] = {}
    for name, level in levels(user, model).items():
        if level == FieldLevel.MASKED and maskable(model, name):
            found[name] = mask
        elif level in CLOSED:
            field = model._meta.get_field(name)
            found[name] = "" if isinstance(field, TEXTS) and not field.null else None
    for name, paths in getattr(model, "repeats", {}).items():
        if name not in found and any(_is_closed_path(user, path) for path in paths):
            field = model._meta.get_field(name)
            found[name] = field.get_default() if isinstance(field, EMPTIED) else None
    return found


def _shield(user: User, record: models.Model, kept: dict[str, Any]) -> None:
    shielded = record.__dict__.setdefault("_shielded", set())
    for name, instead in kept.items():
        if name not in shielded:
            setattr(record, name, mask(getattr(record, name)) if instead is mask else instead)
            shielded.add(name)
    if "" not in shielded and hasattr(record, "shield_parts") and not user.is_superuser:  # its custom fields
        record.shield_parts(user)
        shielded.add("")


def _is_closed_path(user: User, path: str) -> bool:
    """Whether a field named with its kind of record, such as `accounts.activity.body`, is closed."""
    label, _dot, name = path.rpartition(".")
    return _all_levels(user).get(label, {}).get(name) in CLOSED


def _with_related(record: Any, depth: int = 2) -> Iterator[models.Model]:
    if not isinstance(record, models.Model):
        return
    yield record
    if depth:
        for related in list(record._state.fields_cache.values()):
            yield from _with_related(related, depth - 1)


def _all_levels(user: User) -> dict[str, dict[str, str]]:
    """By kind of record; read once a request, with the person where they came from `queries.with_policies`."""
    if user.is_superuser:
        return {}
    if "_crm_fields" not in user.__dict__:
        held = getattr(user, "held_fields", None)
        if held is None:
            rows = FieldRight._base_manager.filter(role=user.role_id) if user.role_id else ()
            held = [{"model": one.model, "field": one.field, "level": one.level} for one in rows]
        found: dict[str, dict[str, str]] = {}
        for one in held:
            found.setdefault(one["model"], {})[one["field"]] = one["level"]
        user.__dict__["_crm_fields"] = found
    return user.__dict__["_crm_fields"]
