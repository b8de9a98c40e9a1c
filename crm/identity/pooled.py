"""Records in a pool (公海) before somebody claims them: members see whom they could claim, not how to reach them.

A kind of record names its `contact_values`; one that belongs to another record (a contact to its customer) names the way
there in `contact_of`. `fields.shield` and `fields.censor` ask here, so that every page, list, export and API answer that
shields also covers these.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from crm.core.masking import mask
from crm.identity import access

if TYPE_CHECKING:
    from crm.events.models import Event
    from crm.identity.models import User


def pooled_q(pools: Iterable[int], path: str = "") -> Q:
    """Records without an owner in one of the pools, at the end of a path."""
    return Q(**{f"{path}owner__isnull": True, f"{path}team_id__in": sorted(pools)})


def hushed_q(user: User, model: type[models.Model]) -> Q | None:
    """The records of a kind whose contact values are covered for somebody; None where there can be none."""
    values = getattr(model, "contact_values", ())
    pools = access.hushed_pools(user, _whole(model)) if values else frozenset()
    path = getattr(model, "contact_of", "")
    return pooled_q(pools, f"{path}__" if path else "") if pools else None


def hush(user: User, records: Iterable[models.Model]) -> None:
    """Cover the contact values of those records that lie in a pool the person only looks into."""
    by_kind: dict[type[models.Model], list[Any]] = {}
    for record in records:
        if getattr(record, "contact_values", ()) and "hushed" not in record.__dict__:
            by_kind.setdefault(record._meta.model, []).append(record)  # type: ignore[arg-type]
    for kind, found in by_kind.items():
        pools = access.hushed_pools(user, _whole(kind))
        for record in _pooled(found, kind, pools) if pools else ():
            _cover(record)


def hush_events(user: User, events: Iterable[Event]) -> None:
    """Take from events what became of the contact values of records that lie in such a pool."""
    by_kind: dict[str, list[Event]] = {}
    for event in events:
        if event.changes or event.private:
            by_kind.setdefault(event.subject_type, []).append(event)
    for label, found in by_kind.items():
        model = _model(label)
        within = hushed_q(user, model) if model is not None else None
        if model is None or within is None:
            continue
        ids = {event.subject_id for event in found if event.subject_id.isdecimal()}
        covered = {
            str(pk) for pk in model._base_manager.filter(within, pk__in=ids).values_list("pk", flat=True)
        }
        for event in found:
            if event.subject_id in covered:
                barred = set(model.contact_values)  # type: ignore[attr-defined]
                event.changes = {name: pair for name, pair in event.changes.items() if name not in barred}
                event.private = {}


def _whole(kind: type[models.Model]) -> type[models.Model]:
    """The kind of record whose owner counts."""
    path = getattr(kind, "contact_of", "")
    return kind._meta.get_field(path).related_model if path else kind  # type: ignore[return-value]


def _pooled(records: list[Any], kind: type[models.Model], pools: frozenset[int]) -> list[Any]:
    path = getattr(kind, "contact_of", "")
    if not path:
        return [one for one in records if one.owner_id is None and one.team_id in pools]
    ids = {getattr(one, f"{path}_id") for one in records}
    whole = _whole(kind)
    covered = set(
        whole._base_manager.filter(pooled_q(pools), pk__in=ids - {None}).values_list("pk", flat=True)
    )
    return [one for one in records if getattr(one, f"{path}_id") in covered]


def _cover(record: Any) -> None:
    for name in record.contact_values:
        if value := getattr(record, name):
            setattr(record, name, mask(value))
    if hasattr(record, "hush_parts"):  # its custom fields
        record.hush_parts()
    record.hushed = True


def _model(label: str) -> type[models.Model] | None:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None
