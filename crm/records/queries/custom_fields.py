"""The custom fields there are: read once per process, and anew as soon as somebody changes one.

The number of the last change comes along with the person who asks (`crm.identity.queries.with_policies`), so that pages
ask nothing extra. Where nobody asks (tasks, commands) it is looked up at most once a second.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils import timezone, translation

from crm.core.phone import search_forms
from crm.core.text import fold
from crm.identity.access import narrow
from crm.identity.models import Company, User
from crm.records.models.custom_field import (
    CHOOSING,
    LINKING,
    PREFIX,
    TOP,
    CustomField,
    CustomFields,
    RecordSection,
)
from crm.records.rules.custom_values import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKED_EVERY = 1.0  # seconds


@dataclass(frozen=True)
class Book:
    """All definitions as they are at one version."""

    version: int
    fields: Mapping[str, Mapping[str, CustomField]] = field(
        default_factory=dict
    )  # by kind of record, then key
    archived: Mapping[str, Mapping[str, CustomField]] = field(default_factory=dict)
    sections: Mapping[str, Sequence[RecordSection]] = field(default_factory=dict)


_book: Book | None = None
_checked_at = 0.0


def book(user: User | None = None) -> Book:
    """The definitions of this moment."""
    global _book, _checked_at
    version = getattr(user, "fields_version", None) if user is not None else None
    now = time.monotonic()
    if version is None:
        if _book is not None and now - _checked_at < CHECKED_EVERY:
            return _book
        version = Company._base_manager.filter(pk=1).values_list("fields_version", flat=True).first() or 0
    if _book is None or _book.version != version:
        _book = _read(version)
    _checked_at = now
    return _book


def forget_fields() -> None:
    """Read the definitions anew next time, after one changed."""
    global _book
    _book = None


def fields_of(model: type[models.Model], user: User | None = None) -> Mapping[str, CustomField]:
    """The fields in use of a kind of record by key, in the order of its sections."""
    return book(user).fields.get(model._meta.label_lower, {})


def archived_of(model: type[models.Model]) -> Mapping[str, CustomField]:
    """The archived fields of a kind of record by key: old events still name them."""
    return book().archived.get(model._meta.label_lower, {})


def sections_of(model: type[models.Model], user: User | None = None) -> Sequence[RecordSection]:
    """The sections of a kind of record's page, in their order, the top (which has no heading) first."""
    return book(user).sections.get(model._meta.label_lower, ())


def arranged(
    model: type[models.Model], names: Iterable[str], user: User | None = None
) -> list[tuple[RecordSection | None, list[str]]]:
    """Names of fields by section; the top of the page comes first, without one, with those that no section names."""
    left = list(dict.fromkeys(names))
    found: list[tuple[RecordSection | None, list[str]]] = []
    top: list[str] = []
    for section in sections_of(model, user):
        inside = [name for name in section.fields if name in left]
        left = [name for name in left if name not in inside]
        if section.position == TOP:
            top = inside
        else:
            found.append((section, inside))
    return [(None, [*top, *left]), *found]


def carriers() -> Iterator[type[CustomFields]]:
    """Every kind of record that can carry custom fields."""
    return (model for model in apps.get_models() if issubclass(model, CustomFields))


def carrier(label: str) -> type[CustomFields] | None:
    """The kind of record of that name, if it can carry custom fields."""
    return next((model for model in carriers() if model._meta.label_lower == label), None)


def linkable() -> list[type[models.Model]]:
    """Kinds of record a field can link to: those with a page of their own that people look up by name."""
    return [model for model in carriers() if hasattr(model, "get_absolute_url")]


def spec_of(one: CustomField) -> Spec:
    """What the rules must know to read a field's values; every option by all its names."""
    if one.kind not in CHOOSING:
        return Spec(one.kind, decimals=one.decimals, zone=timezone.get_current_timezone())
    names = {
        key: frozenset(filter(None, (fold(option.get(name, "")) for name in ("label_zh", "label_en"))))
        for key, option in one.option_map.items()
    }
    return Spec(
        one.kind, names, frozenset(k for k, option in one.option_map.items() if option.get("retired"))
    )


def names_of(one: CustomField, ids: Iterable[int], user: User | None = None) -> dict[int, str]:
    """The people or records behind ids, by name; with `user` only those they may see."""
    return {pk: str(record) for pk, record in linked(one, ids, user).items()}


def linked(one: CustomField, ids: Iterable[int], user: User | None = None) -> dict[int, models.Model]:
    """The people or records behind ids; with `user` only those they may see."""
    model = target_of(one) if one.kind in LINKING else None
    wanted = {pk for pk in ids if pk is not None} if model is not None else set()
    if model is None or not wanted:
        return {}
    rows = model._default_manager.filter(pk__in=wanted)
    return {record.pk: record for record in (narrow(rows, user) if user is not None else rows)}


def linked_values(
    fields: Iterable[CustomField], custom: Mapping[str, Any], user: User
) -> dict[type[models.Model] | None, dict[int, models.Model]]:
    """What one record's custom values link to, by kind and id, as far as somebody sees it: one query a kind."""
    wanted: dict[type[models.Model] | None, list[CustomField]] = {}
    for one in fields:
        if one.kind in LINKING and custom.get(one.key) is not None:
            wanted.setdefault(target_of(one), []).append(one)
    return {
        model: linked(found[0], [custom[one.key] for one in found], user) for model, found in wanted.items()
    }


def target_of(one: CustomField) -> type[models.Model] | None:
    """What a field's ids mean: colleagues, or the kind of record it links to."""
    if one.kind == CustomField.Kind.USER:
        return User
    try:
        return apps.get_model(one.target) if one.target else None
    except (LookupError, ValueError):
        return None


def custom_words(record: CustomFields) -> list[object]:
    """What a record is found by among its custom values; part of its `search_values()`."""
    return words_of(type(record), record.custom or {})


def words_of(model: type[models.Model], custom: Mapping[str, Any]) -> list[object]:
    """The searched values among custom values."""
    found: list[object] = []
    for key, one in fields_of(model).items() if custom else ():
        if one.is_searched and (value := custom.get(key)):
            found += search_forms(value) if one.kind == CustomField.Kind.PHONE else [value]
    return found


def label_of(model: type[models.Model], name: str) -> str:
    """A custom field's label by its name, also of an archived one."""
    one = field_named(model, name)
    return one.label if one else name.removeprefix(PREFIX)


def field_named(model: type[models.Model], name: str) -> CustomField | None:
    """A custom field by its name, in use or archived."""
    key = name.removeprefix(PREFIX)
    return fields_of(model).get(key) or archived_of(model).get(key)


def _read(version: int) -> Book:
    """Load every definition; labels are needed in any language, so nothing is translated here."""
    sections: dict[str, list[RecordSection]] = {}
    for section in RecordSection._base_manager.order_by("model", "position", "pk"):
        sections.setdefault(section.model, []).append(section)
    fields: dict[str, dict[str, CustomField]] = {}
    archived: dict[str, dict[str, CustomField]] = {}
    for one in CustomField._base_manager.order_by("model", "pk"):
        (fields if one.archived_at is None else archived).setdefault(one.model, {})[one.key] = one
    for label, found in fields.items():
        order = [name for section in sections.get(label, ()) for name in section.fields]
        place = {name: number for number, name in enumerate(order)}
        ranked = sorted(found.values(), key=lambda one: (place.get(one.name, len(order)), one.pk))
        fields[label] = {one.key: one for one in ranked}
    return Book(version, fields, archived, sections)


def in_every_language(one: CustomField) -> set[str]:
    """A field's label in each language: sheets are written in any of them."""
    found = {one.key, one.label_zh, one.label_en}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found.add(one.label)
    return {text for text in found if text}
