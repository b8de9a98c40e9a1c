"""Undoing an import: new records go to the bin, changed ones get their earlier values, as far as nobody touched them.

Whether somebody did is read from the event log, which knows of every change of a record and of what belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.events import (
    ACTIVITY_DELETED,
    ACTIVITY_UPDATED,
    CONTACT_DELETED,
    CONTACT_UPDATED,
    CUSTOMER_DELETED,
    CUSTOMER_UPDATED,
)
from accounts.models import Activity, Contact, Customer, CustomerTag, Highlight, LifecycleEvent
from accounts.queries.merging import living_customers
from accounts.services import reminders
from accounts.services.contact_imports import renew_search
from accounts.services.customer_dates import lock_customers, sync_customers
from crm.core.sets import insert_rows, update_rows
from crm.events.catalogue import EventType
from crm.events.models import Event
from crm.events.recording import EventRow, record_events
from crm.identity import access
from crm.identity.models import User
from crm.identity.services import assign
from crm.listing.importing.resource import Run, StagedRow
from crm.records.searchable import refill

TRANSFERRED = "record.transferred"


def take_back_customers(run: Run, rows: Sequence[StagedRow]) -> None:
    """Undo rows of a customer sheet, with the contacts, tags, follow-ups and parents that came with them."""
    ids = [row.target_id or 0 for row in rows]
    lock_customers(ids)
    free = _free(run, rows, Customer)
    free = _give_back(run, free)
    new = [row for row in free if row.outcome == "created"]
    changed = [row for row in free if row.outcome == "updated"]
    _bin(run, Customer, {row.target_id or 0: row for row in new}, CUSTOMER_DELETED)
    held = Activity._base_manager.filter(customer__in=[row.target_id for row in new])
    reminders.cancel(held.values_list("pk", flat=True))
    stages = {
        row.target_id: (row.before["changes"]["lifecycle_stage"][1], row.before["columns"]["lifecycle_stage"])
        for row in changed
        if "lifecycle_stage" in row.before.get("changes", {})
    }
    _restore(run, Customer, changed, CUSTOMER_UPDATED, parent=True)
    insert_rows(
        LifecycleEvent,
        [
            {
                "customer_id": pk,
                "from_stage": before,
                "to_stage": after,
                "at": timezone.now(),
                "rule": "import",
                "reason": "",
                "actor_id": run.actor.id,
                "actor_name": run.actor.name,
            }
            for pk, (before, after) in stages.items()
        ],
    )
    _take_back_parts(run, changed)
    renew_search(row.target_id or 0 for row in changed)


def take_back_contacts(run: Run, rows: Sequence[StagedRow]) -> None:
    """Undo rows of a contact sheet."""
    customers = set(_customers_of(Contact, rows).values())
    lock_customers(customers)
    free = _free(run, rows, Contact)
    about = _customers_of(Contact, free)
    _bin(
        run,
        Contact,
        {row.target_id or 0: row for row in free if row.outcome == "created"},
        CONTACT_DELETED,
        about=about,
    )
    changed = [row for row in free if row.outcome == "updated"]
    _restore(run, Contact, changed, CONTACT_UPDATED, about=about)
    renew_search(customers)


def take_back_activities(run: Run, rows: Sequence[StagedRow]) -> None:
    """Undo rows of a sheet of follow-ups."""
    customers = set(_customers_of(Activity, rows).values())
    lock_customers(customers)
    free = _free(run, rows, Activity)
    about = _customers_of(Activity, free)
    new = {row.target_id or 0: row for row in free if row.outcome == "created"}
    _bin(run, Activity, new, ACTIVITY_DELETED, about=about)
    reminders.cancel(new)
    changed = [row for row in free if row.outcome == "updated"]
    _restore(run, Activity, changed, ACTIVITY_UPDATED, about=about)
    sync_customers(customers)


def take_back_records(
    run: Run, rows: Sequence[StagedRow], model: type[models.Model], *, deleted: EventType, updated: EventType
) -> list[StagedRow]:
    """Undo rows of a sheet of records that stand by themselves; returns those that nobody had touched."""
    free = _free(run, rows, model)
    _bin(run, model, {row.target_id or 0: row for row in free if row.outcome == "created"}, deleted)
    _restore(run, model, [row for row in free if row.outcome == "updated"], updated)
    return free


# --- Steps -----------------------------------------------------------------------------------------


def _free(run: Run, rows: Sequence[StagedRow], model: type[models.Model]) -> list[StagedRow]:
    """The rows that can be undone; the others are kept with the reason."""
    ids = [row.target_id or 0 for row in rows]
    alive = set(model._base_manager.filter(pk__in=ids, deleted_at__isnull=True).values_list("pk", flat=True))
    reachable = run.resource.within_reach(run, ids)
    merged = _merged_since(run, set(ids) - alive) if model is Customer else {}
    touched = _touched(run, ids, model)
    free = []
    for row in rows:
        pk = row.target_id or 0
        if pk in merged:
            row.keep(merged[pk])
        elif pk not in alive:
            row.keep(_("The record is in the bin or gone."))
        elif pk not in reachable:
            row.keep(_("The record is out of your reach now."))
        elif pk in touched:
            event = touched[pk]
            row.keep(
                _("%(name)s changed it on %(day)s: %(what)s.")
                % {
                    "name": event.who,
                    "day": date_format(timezone.localtime(event.at), "SHORT_DATETIME_FORMAT"),
                    "what": event.title,
                }
            )
        else:
            free.append(row)
    return free


def _merged_since(run: Run, ids: Iterable[int]) -> dict[int, str]:
    """Which of these customers became part of another one, and what the importer is told about it."""
    became = living_customers(ids)
    seen = access.visible(Customer, run.user).filter(pk__in=set(became.values()))
    names = dict(seen.values_list("pk", "name"))
    return {
        pk: _("It was merged into %(name)s since.") % {"name": names[now]}
        if now in names
        else _("It was merged into another customer since.")
        for pk, now in became.items()
        if now != pk
    }


def _touched(run: Run, ids: Sequence[int], model: type[models.Model]) -> dict[int, Event]:
    """The latest event since the import began, not its own, of each record and of what belongs to it."""
    job = run.job
    keys = {f"{model._meta.label_lower}:{pk}": pk for pk in ids}
    if model is Customer:  # a follow-up is recorded about itself alone
        recent = Activity._base_manager.filter(customer__in=ids, updated_at__gte=job.committed_at)
        keys |= {f"accounts.activity:{pk}": customer for pk, customer in recent.values_list("pk", "customer")}
    found: dict[int, Event] = {}
    events = Event._base_manager.filter(about__overlap=list(keys), at__gte=job.committed_at).order_by(
        "at", "pk"
    )
    for event in events:
        own_transfer = (
            event.name == TRANSFERRED
            and event.origin == "import"
            and event.actor_id == run.actor.id
            and job.finished_at is not None
            and event.at <= job.finished_at
        )
        if event.payload.get("import") in run.family or own_transfer:
            continue
        for key in event.about:
            if key in keys:
                found[keys[key]] = event
    return found


def _bin(
    run: Run,
    model: type[models.Model],
    rows: Mapping[int, StagedRow],
    kind: EventType,
    *,
    about: Mapping[int, int] | None = None,
) -> None:
    """Move new records to the bin."""
    gone = {"deleted_at": timezone.now(), "deleted_by_id": run.user.pk}
    if model is Contact:
        gone["is_primary"] = False
    update_rows(model, dict.fromkeys(rows, gone))
    record_events(kind, [_event(run, model, pk, row, about) for pk, row in rows.items()], actor=run.actor)


def _restore(
    run: Run,
    model: type[models.Model],
    rows: Iterable[StagedRow],
    kind: EventType,
    *,
    parent: bool = False,
    about: Mapping[int, int] | None = None,
) -> None:
    """Give changed records their earlier values."""
    columns: dict[int, dict[str, Any]] = {}
    events = []
    for row in rows:
        pk, before = row.target_id or 0, row.before
        values = dict(before.get("columns", {}))
        changes = {name: [new, old] for name, (old, new) in before.get("changes", {}).items()}
        private = {name: [new, old] for name, (old, new) in before.get("private", {}).items()}
        if parent and "parent" in before:
            values["parent_id"] = before["parent"]
        if values:
            columns[pk] = columns.get(pk, {}) | values  # the row that came first is undone last
            event = _event(run, model, pk, row, about)
            event.changes, event.private = changes, private
            events.append(event)
    update_rows(model, columns)
    if model is not Customer:
        refill(model._base_manager.filter(pk__in=list(columns)))
    record_events(kind, events, actor=run.actor)


def _event(
    run: Run, model: type[models.Model], pk: int, row: StagedRow, about: Mapping[int, int] | None
) -> EventRow:
    customer = (about or {}).get(pk)
    return EventRow(
        model,
        pk,
        payload={**run.payload(row), "undo": True},
        about=[f"accounts.customer:{customer}"] if customer else [],
    )


def _give_back(run: Run, rows: list[StagedRow]) -> list[StagedRow]:
    """Return customers to the owner they had; one who has left cannot take them back, then the row is kept."""
    by_owner: dict[int | None, list[StagedRow]] = {}
    for row in rows:
        if "owner" in row.before:
            by_owner.setdefault(row.before["owner"], []).append(row)
    owners = {
        user.pk: user
        for user in User._base_manager.select_related("team").filter(pk__in=filter(None, by_owner))
    }
    for pk, given in by_owner.items():
        owner = owners.get(pk) if pk else None
        if owner is not None and not owner.is_active:
            for row in given:
                row.keep(_("%(name)s, who had it before, has left.") % {"name": owner})
            continue
        moved = Customer._base_manager.filter(pk__in=[row.target_id for row in given])
        assign(moved, owner=owner, actor=run.actor)
    return [row for row in rows if not row.undone]


def _take_back_parts(run: Run, rows: Sequence[StagedRow]) -> None:
    """Contacts, tags and follow-ups that came to existing customers."""
    contacts = [(row, part) for row in rows for part in _people(row)]
    about = {part["id"]: row.target_id or 0 for row, part in contacts}
    _bin(
        run,
        Contact,
        {part["id"]: row for row, part in contacts if part.get("created")},
        CONTACT_DELETED,
        about=about,
    )
    columns: dict[int, dict[str, Any]] = {}
    for _row, part in contacts:  # of several rows about one person the first one knows how it was before
        if "columns" in part:
            columns[part["id"]] = columns.get(part["id"], {}) | part["columns"]
    update_rows(Contact, columns)
    refill(Contact._base_manager.filter(pk__in=list(columns)))
    restored = [_event(run, Contact, part["id"], row, about) for row, part in contacts if "columns" in part]
    record_events(CONTACT_UPDATED, restored, actor=run.actor)
    tags = [pk for row in rows for pk in row.before.get("tags", ())]
    CustomerTag._base_manager.filter(pk__in=tags).delete()
    facts = [pk for row in rows for pk in row.before.get("highlights", ())]
    Highlight._base_manager.filter(pk__in=facts).delete()
    activities = {pk: row for row in rows for pk in row.before.get("activities", ())}
    if activities:
        about = {pk: row.target_id or 0 for pk, row in activities.items()}
        _bin(run, Activity, activities, ACTIVITY_DELETED, about=about)
        reminders.cancel(activities)
        sync_customers(set(about.values()))


def _people(row: StagedRow) -> list[dict[str, Any]]:
    """The contacts a row wrote; rows of the time before there were several name one."""
    return row.before.get("contacts") or ([row.before["contact"]] if "contact" in row.before else [])


def _customers_of(model: type[models.Model], rows: Sequence[StagedRow]) -> dict[int, int]:
    found = model._base_manager.filter(pk__in=[row.target_id for row in rows], customer__isnull=False)
    return dict(found.values_list("pk", "customer_id"))
