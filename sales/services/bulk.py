"""Many opportunities at once with their original dates and people, set-based: for imports and the demo company."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Customer
from accounts.rules.due import at_day
from accounts.rules.lifecycle import OPPORTUNITY, PROSPECT_STAGES
from accounts.services.customer_dates import lock_customers
from accounts.services.lifecycle import enter_stage
from crm.core.money import BASE_CURRENCY
from crm.core.pinyin import initials, sort_key
from crm.core.sets import insert_rows
from crm.events.actor import Actor
from crm.events.recording import EventRow, record_events
from crm.records.queries.custom_fields import words_of
from crm.records.searchable import search_columns
from sales.events.opportunities import (
    OPPORTUNITY_CREATED,
    OPPORTUNITY_INVALID,
    OPPORTUNITY_LOST,
    OPPORTUNITY_WON,
)
from sales.models import Opportunity, OpportunityStatus, Stage, StageHistory
from sales.rules import pipeline as rules

BATCH = 2000
CLOSED = {
    OpportunityStatus.WON: OPPORTUNITY_WON,
    OpportunityStatus.LOST: OPPORTUNITY_LOST,
    OpportunityStatus.INVALID: OPPORTUNITY_INVALID,
}


@dataclass
class NewOpportunity:
    """One deal of many: `stays` are the stages it went through with the moment it came into each, the last one its present."""

    customer: Customer
    name: str
    stays: Sequence[tuple[Stage, datetime.datetime]]
    owner_id: int | None
    team_id: int | None
    amount: Decimal = Decimal(0)
    currency: str = BASE_CURRENCY
    status: str = OpportunityStatus.OPEN
    closed_at: datetime.date | None = None
    opened_at: datetime.date | None = None
    expected_close_date: datetime.date | None = None
    first_close_date: datetime.date | None = None
    pushes: int = 0
    reason: str = ""
    reason_note: str = ""
    competitor: str = ""
    contact_id: int | None = None
    source: str = ""
    campaign: str = ""
    need: str = ""
    external_id: str = ""
    custom: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)  # what its event says of where it comes from

    @property
    def stage(self) -> Stage:
        return self.stays[-1][0]


@transaction.atomic
def create_opportunities(rows: Iterable[NewOpportunity], *, actor: Actor) -> list[int | None]:
    """Write many deals with their history; returns their ids in order, None where an external ID was taken.

    The caller has checked that each person may write there, and that values keep to the rules of a single deal.
    """
    ids: list[int | None] = []
    batch: list[NewOpportunity] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= BATCH:
            ids += _write(batch, actor)
            batch = []
    return ids + _write(batch, actor)


def _write(batch: Sequence[NewOpportunity], actor: Actor) -> list[int | None]:
    if not batch:
        return []
    lock_customers({row.customer.pk for row in batch})
    ids = insert_rows(Opportunity, [_columns(row) for row in batch])
    written = [(pk, row) for pk, row in zip(ids, batch, strict=True) if pk]
    insert_rows(StageHistory, [stay for pk, row in written for stay in _stays(pk, row, actor)])
    _record(written, actor)
    _enter_lifecycle([row for _pk, row in written if row.status == OpportunityStatus.OPEN], actor)
    return ids


def opportunity_words(name: str, customer: str, external_id: str, custom: Mapping[str, Any]) -> list[object]:
    """What a deal is found by (the same as `Opportunity.search_values`)."""
    return [
        name,
        initials(name),
        customer,
        initials(customer),
        external_id,
        *words_of(Opportunity, custom),
    ]


def _columns(row: NewOpportunity) -> dict[str, Any]:
    text, grams = search_columns(opportunity_words(row.name, row.customer.name, row.external_id, row.custom))
    first, since = row.stays[0][1], row.stays[-1][1]
    return {
        "name": row.name,
        "name_sort": sort_key(row.name),
        "customer_id": row.customer.pk,
        "contact_id": row.contact_id,
        "owner_id": row.owner_id,
        "team_id": row.team_id,
        "owner_since": first.isoformat() if row.owner_id else None,
        "pipeline_id": row.stage.pipeline_id,
        "stage_id": row.stage.pk,
        "stage_since": since.isoformat(),
        "amount": str(row.amount),
        "currency": row.currency,
        "probability": row.stage.probability,
        "forecast_category": row.stage.forecast_category,
        "expected_close_date": _day(row.expected_close_date),
        "first_close_date": _day(row.first_close_date or row.expected_close_date),
        "pushes": row.pushes,
        "need": row.need,
        "source": row.source,
        "campaign": row.campaign,
        "competitor": row.competitor,
        "status": row.status,
        "reason": row.reason,
        "reason_note": row.reason_note,
        "closed_at": _day(row.closed_at),
        "opened_at": _day(row.opened_at or timezone.localdate(first)),
        "external_id": row.external_id,
        "custom": dict(row.custom),
        "created_at": first.isoformat(),
        "updated_at": since.isoformat(),
        "search_text": text,
        "search_grams": grams,
    }


def _day(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None


def _stays(pk: int, row: NewOpportunity, actor: Actor) -> Iterable[dict[str, Any]]:
    """The stays of one deal, each left when the next began; the closing one is never left."""
    for number, (stage, entered) in enumerate(row.stays):
        before = row.stays[number - 1][0] if number else None
        left = row.stays[number + 1][1] if number + 1 < len(row.stays) else None
        back = before is not None and before.position > stage.position and stage.is_open
        yield {
            "opportunity_id": pk,
            "from_stage_id": before.pk if before else None,
            "stage_id": stage.pk,
            "entered_at": entered.isoformat(),
            "left_at": left.isoformat() if left else None,
            "amount": str(row.amount),
            "probability": stage.probability,
            "expected_close_date": _day(row.expected_close_date),
            "move": "" if before is None else rules.BACK if back else rules.FORWARD,
            "actor_id": actor.id,
            "actor_name": actor.name,
        }


def _record(written: Sequence[tuple[int, NewOpportunity]], actor: Actor) -> None:
    """That each was opened and, if it is closed, how it ended, at the time that happened."""

    def event(pk: int, row: NewOpportunity, moment: datetime.datetime, **said: Any) -> EventRow:
        about = [f"accounts.customer:{row.customer.pk}"]
        payload = {"name": row.name, **said, **row.payload}
        return EventRow(Opportunity, pk, payload=payload, about=about, at=moment)

    opened = [event(pk, row, row.stays[0][1]) for pk, row in written]
    record_events(OPPORTUNITY_CREATED, opened, actor=actor)
    for status, kind in CLOSED.items():
        ended = [
            event(pk, row, row.stays[-1][1], reason=row.reason, note=row.reason_note, amount=str(row.amount))
            for pk, row in written
            if row.status == status
        ]
        record_events(kind, ended, actor=actor)


def _enter_lifecycle(opened: Sequence[NewOpportunity], actor: Actor) -> None:
    """A prospect with an open deal is an opportunity."""
    wanted = {row.customer.pk for row in opened}
    earlier = [stage for stage in PROSPECT_STAGES if stage != OPPORTUNITY]
    for customer in Customer.objects.filter(pk__in=wanted, lifecycle_stage__in=earlier).order_by("pk"):
        enter_stage(customer, OPPORTUNITY, rule="opportunity", actor=actor)


def at_noon(day: datetime.date) -> datetime.datetime:
    """The moment something is taken to have happened of which only the day is known."""
    return at_day(day) + datetime.timedelta(hours=3)
