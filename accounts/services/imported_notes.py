"""What a customer sheet says beside the customer: remark, follow-up history, next follow-up date."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone

from accounts.models import Activity
from accounts.models.activity import OPEN
from accounts.rules.due import company_zone
from accounts.rules.history import split_history
from accounts.services.activity_imports import Item, create_activities, moment_of
from crm.core.text import fold
from crm.listing.importing.resource import Run, StagedRow

FIELDS = ("next_follow_up", "history", "remark")


def is_to_come(text: str) -> bool:
    """Whether a cleaned date or time can still be planned: today counts, an hour that has passed does not."""
    moment, whole_day = moment_of(text)
    now = timezone.now()
    return moment.astimezone(company_zone()).date() >= timezone.localdate() if whole_day else moment > now


def notes_of(run: Run, row: StagedRow) -> dict[str, list[Item]]:
    """What the row says by column, as follow-ups of the customer the row was written to.

    A dated note of the history is a follow-up of that day. A remark, and what has no date, is a note of the day of
    the import, which is no valid follow-up: nobody was in touch.
    """
    customer, owner = row.target_id or 0, row.cleaned.get("owner") or run.user.pk
    found: dict[str, list[Item]] = {}
    if "next_follow_up" in row.cleaned:
        due, whole_day = moment_of(row.cleaned["next_follow_up"])
        found["next_follow_up"] = [Item(row, customer, owner, kind="call", due_at=due, all_day=whole_day)]
    now = timezone.now()
    if "history" in row.cleaned:
        found["history"] = [
            Item(
                row,
                customer,
                owner,
                kind=note.kind,
                body=note.text,
                done_at=note.at.replace(tzinfo=company_zone()) if note.at else now,
                counts=note.at is not None,
            )
            for note in split_history(row.cleaned["history"], run.today)
        ]
    if "remark" in row.cleaned:
        found["remark"] = [
            Item(row, customer, run.user.pk, body=row.cleaned["remark"], done_at=now, counts=False)
        ]
    return found


def missing_notes(run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, list[Item]]]:
    """By row number and column, what the customers do not have yet: a sheet imported twice says nothing twice."""
    wanted = {row.number: notes_of(run, row) for row in rows if any(name in row.cleaned for name in FIELDS)}
    if not wanted:
        return {}
    customers = {row.target_id for row in rows if row.number in wanted}
    held = Activity._base_manager.filter(customer__in=customers, deleted_at__isnull=True)
    said = {
        (customer, day_of(done_at), fold(body))
        for customer, done_at, body in held.filter(done_at__isnull=False).values_list(
            "customer_id", "done_at", "body"
        )
    }
    texts = {(customer, text) for customer, _day, text in said}
    planned = set(held.filter(OPEN, Q(due_at__isnull=False)).values_list("customer_id", "due_at", "all_day"))

    def is_there(item: Item) -> bool:
        if item.done_at is None:
            return (item.customer, item.due_at, item.all_day) in planned
        if not item.counts:
            return (item.customer, fold(item.body)) in texts
        return (item.customer, day_of(item.done_at), fold(item.body)) in said

    return {
        number: {name: [item for item in items if not is_there(item)] for name, items in columns.items()}
        for number, columns in wanted.items()
    }


def day_of(moment: datetime.datetime) -> datetime.date:
    """The day in the company's zone."""
    return moment.astimezone(company_zone()).date()


def write_notes(run: Run, rows: Sequence[StagedRow]) -> None:
    """Write what the rows say and their customers do not have yet."""
    missing = missing_notes(run, rows)
    items = [item for columns in missing.values() for items in columns.values() for item in items]
    for item, pk in zip(items, create_activities(run, items), strict=True):
        if pk:
            item.row.before.setdefault("activities", []).append(pk)
