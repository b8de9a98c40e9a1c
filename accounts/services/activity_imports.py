"""Follow-ups written set-based, with their original dates and people, as an import hands them over."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.events import ACTIVITY_LOGGED, ACTIVITY_PLANNED, ACTIVITY_UPDATED
from accounts.models import Activity
from accounts.rules.due import at_day, company_zone
from accounts.rules.followup import is_valid
from accounts.services import reminders
from accounts.services.customer_dates import lock_customers, sync_customers
from crm.core.sets import insert_rows, update_rows
from crm.events.recording import EventRow, record_events
from crm.listing.importing.resource import Run, StagedRow
from crm.records.searchable import search_columns


@dataclass(slots=True)
class Item:
    """One follow-up to be written: done in the past, or planned for a day or an hour to come."""

    row: StagedRow
    customer: int
    owner: int
    kind: str = "note"
    subject: str = ""
    body: str = ""
    done_at: datetime.datetime | None = None
    due_at: datetime.datetime | None = None
    all_day: bool = False
    contact: int | None = None
    outcome: str = ""
    external_id: str = ""
    counts: bool = True  # whether it may be a valid follow-up


def moment_of(text: str) -> tuple[datetime.datetime, bool]:
    """A cleaned date or time in the company's zone, and whether it is a whole day (kept as 09:00)."""
    if len(text) == 10:
        return at_day(datetime.date.fromisoformat(text)), True
    return datetime.datetime.fromisoformat(text).replace(tzinfo=company_zone()), False


def create_activities(run: Run, items: Sequence[Item]) -> list[int | None]:
    """Write follow-ups, renew what their customers repeat of them, and set the reminders of the planned ones.

    Returns their ids in order, None where an external ID was taken.
    """
    if not items:
        return []
    customers = {item.customer for item in items}
    lock_customers(customers)
    ids = insert_rows(Activity, [_record(run, item) for item in items])
    written = [(pk, item) for pk, item in zip(ids, items, strict=True) if pk]
    for kind, planned in ((ACTIVITY_LOGGED, False), (ACTIVITY_PLANNED, True)):
        events = [
            EventRow(
                Activity,
                pk,
                payload={"kind": item.kind, **run.payload(item.row)},
                about=[f"accounts.customer:{item.customer}"],
            )
            for pk, item in written
            if (item.done_at is None) == planned
        ]
        record_events(kind, events, actor=run.actor)
    plans = [pk for pk, item in written if item.done_at is None]
    if plans:
        reminders.schedule(Activity._base_manager.filter(pk__in=plans).select_related("owner"))
    sync_customers(customers, contact_ids={item.contact for item in items if item.contact})
    return ids


def _record(run: Run, item: Item) -> dict[str, Any]:
    text, grams = search_columns([item.subject, item.body[:1000]])
    return {
        "kind": item.kind,
        "subject": item.subject,
        "body": item.body,
        "customer_id": item.customer,
        "contact_id": item.contact,
        "owner_id": item.owner,
        "team_id": run.people.by_id[item.owner].team_id,
        "author_id": item.owner,
        "done_at": item.done_at.isoformat() if item.done_at else None,
        "due_at": item.due_at.isoformat() if item.due_at else None,
        "first_due_at": item.due_at.isoformat() if item.due_at else None,
        "all_day": item.all_day and item.due_at is not None,
        "outcome": item.outcome,
        "is_valid": item.counts and item.done_at is not None and is_valid(item.body or item.subject),
        "external_id": item.external_id,
        "origin": "import",
        "search_text": text,
        "search_grams": grams,
    }


def change_activities(run: Run, rows: Sequence[StagedRow], changed: Mapping[int, Mapping[str, Any]]) -> None:
    """Change follow-ups that came with an external ID: text, subject, kind, outcome."""
    before = {
        a.pk: a for a in Activity._base_manager.select_for_update(of=("self",)).filter(pk__in=list(changed))
    }
    columns: dict[int, dict[str, Any]] = {}
    events = []
    for row in rows:
        activity = before[row.target_id or 0]
        values = dict(changed[activity.pk])
        if not values:
            row.fail(
                "fixed",
                _("Of a follow-up that exists only its text, subject, kind and outcome can be changed."),
            )
            continue
        subject, body = values.get("subject", activity.subject), values.get("body", activity.body)
        text, grams = search_columns([subject, body[:1000]])
        columns[activity.pk] = values | {"search_text": text, "search_grams": grams}
        changes = {name: [getattr(activity, name), value] for name, value in values.items()}
        row.before |= {"columns": {name: old for name, (old, _new) in changes.items()}, "changes": changes}
        events.append(EventRow(Activity, activity.pk, changes=changes, payload=run.payload(row)))
    customers = {activity.customer_id for activity in before.values() if activity.customer_id}
    lock_customers(customers)
    update_rows(Activity, columns)
    record_events(ACTIVITY_UPDATED, events, actor=run.actor)
    sync_customers(customers)
