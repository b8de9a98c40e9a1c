"""Writing events: around one change, for one fact, or set-based for thousands."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from crm.core.hooks import hooks
from crm.core.sets import insert_rows
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.models import Delivery, Event

UNRECORDED = {"version", "created_at", "updated_at", "search_text", "search_grams", "name_sort"}
STANDING_IN = "standing_in_for"  # in the payload: the colleague who is away
PRIVATE = {"phone", "email", "wechat", "address", "id_number", "password"}


@dataclass
class EventRow:
    """One event of a set-based write; `model` is the record's class, `id` its key."""

    model: type[models.Model]
    id: Any
    changes: dict[str, Any] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)
    private: dict[str, Any] = field(default_factory=dict)
    about: Sequence[str] = ()
    at: datetime.datetime | None = None  # when it happened, if not just now


@dataclass
class Draft:
    """What a `recording` block may still add to its event."""

    payload: dict[str, Any] = field(default_factory=dict)
    event: Event | None = None


def key_of(record: models.Model) -> str:
    """A record's key in the log, such as `accounts.customer:42`."""
    return f"{record._meta.label_lower}:{record.pk}"


@contextmanager
def recording(
    kind: EventType,
    record: models.Model,
    *,
    actor: Actor,
    about: Iterable[models.Model] = (),
    payload: Mapping[str, Any] | None = None,
    always: bool = False,
) -> Iterator[Draft]:
    """Record what the block changes on the record; a block that changes nothing records nothing unless `always`."""
    before, known = _snapshot(record), dict(record._state.fields_cache)
    draft = Draft(dict(payload or {}))
    with transaction.atomic():
        yield draft
        changes, private = _difference(record, before, _snapshot(record), known)
        if changes or private or draft.payload or always:
            draft.event = record_event(
                kind,
                record,
                actor=actor,
                changes=changes,
                private=private,
                payload=draft.payload,
                about=about,
            )


def record_event(
    kind: EventType,
    record: models.Model,
    *,
    actor: Actor,
    changes: Mapping[str, Any] | None = None,
    private: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
    about: Iterable[models.Model] = (),
) -> Event:
    """Record one event about a record and, for each of its consumers, that it still has to be delivered."""
    row = EventRow(
        record._meta.model,
        record.pk,
        dict(changes or {}),
        dict(payload or {}) | _standing_in(record, actor),
        dict(private or {}),
        [key_of(r) for r in about],
    )
    event = Event(**_columns(kind, row, actor))
    with transaction.atomic(savepoint=False):
        Event._base_manager.bulk_create([event])
        _note_deliveries(kind, [event.pk])
    return event


def record_events(
    kind: EventType, rows: Iterable[EventRow], *, actor: Actor, batch_size: int = 2000
) -> list[int]:
    """Record many events of one kind set-based, with their deliveries, in the caller's transaction; returns the ids."""
    waiting = iter(rows)
    ids: list[int] = []
    with transaction.atomic():
        while batch := list(islice(waiting, batch_size)):
            written = insert_rows(Event, [_columns(kind, row, actor) for row in batch])
            ids += [pk for pk in written if pk is not None]
        _note_deliveries(kind, ids)
    return ids


def _standing_in(record: models.Model, actor: Actor) -> dict[str, str]:
    """For whom somebody did it who covers for a colleague: the owner of the record, or of the one it belongs to."""
    for one in (record, _whole_of(record)) if actor.covers_for else ():
        if name := actor.covers_for.get(getattr(one, "owner_id", None) or 0):
            return {STANDING_IN: name}
    return {}


def _whole_of(record: models.Model) -> models.Model | None:
    """The record that this one is reached through, by what its kind declares (`access`, crm.identity.policies)."""
    policy = getattr(record, "access", None)
    path = getattr(policy, "also_via", None) or next(iter(getattr(policy, "fields", ())), None)
    return getattr(record, path, None) if path else None


def _note_deliveries(kind: EventType, ids: Sequence[int]) -> None:
    """Each consumer of this kind of event still has to hear of these."""
    consumers = hooks.consumers_of(kind.name)
    if ids and consumers:
        Delivery._base_manager.bulk_create(
            [Delivery(event_id=pk, consumer=c.key) for pk in ids for c in consumers], batch_size=2000
        )
        transaction.on_commit(_wake_dispatcher)


def _columns(kind: EventType, row: EventRow, actor: Actor) -> dict[str, Any]:
    label = row.model._meta.label_lower
    return {
        "name": kind.name,
        "at": row.at or timezone.now(),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "origin": actor.origin,
        "request_id": actor.request_id,
        "subject_type": label,
        "subject_id": str(row.id),
        "about": list(dict.fromkeys([f"{label}:{row.id}", *row.about])),
        "changes": row.changes,
        "private": row.private,
        "payload": row.payload,
    }


def _wake_dispatcher() -> None:
    from crm.events.tasks import deliver_events, wake

    wake(deliver_events)


def _snapshot(record: models.Model) -> dict[str, Any]:
    unrecorded = UNRECORDED | set(getattr(record, "unrecorded_fields", ()))
    values = {
        f.name: getattr(record, f.attname)
        for f in record._meta.concrete_fields
        if f.name not in unrecorded and f.attname not in record.get_deferred_fields()
    }
    if hasattr(record, "recorded_parts"):  # its custom fields, one by one
        values.pop("custom", None)
        values |= record.recorded_parts()
    return values


def _difference(
    record: models.Model, before: dict[str, Any], after: dict[str, Any], known: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    private_fields = PRIVATE | set(getattr(record, "private_fields", ()))
    changes: dict[str, Any] = {}
    private: dict[str, Any] = {}
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old == new or name == record._meta.pk.name:
            continue
        read = (known.get(name), record._state.fields_cache.get(name))  # related records at hand
        pair = [plain_value(record, name, old, *read), plain_value(record, name, new, *read)]
        (private if name in private_fields else changes)[name] = pair
    return changes, private


def plain_value(record: models.Model, name: str, value: Any, *read: Any) -> Any:
    """A value as JSON keeps it; a related record, fetched unless it is among `read`, as its id with its name then."""
    if value is None:
        return None
    if name.startswith("cf_") and hasattr(record, "recorded_value"):
        return record.recorded_value(name, value)
    f = record._meta.get_field(name)
    if f.is_relation and f.related_model:
        held = (one for one in read if isinstance(one, models.Model) and one.pk == value)
        related = next(held, None) or f.related_model._base_manager.filter(pk=value).first()
        return {"id": value, "label": str(related) if related else str(value)}
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, str | int | float | bool | list | dict):
        return value
    return str(value)
