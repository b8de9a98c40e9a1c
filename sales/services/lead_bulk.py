"""Many leads at once with the history they had elsewhere, set-based: what came of them and what they did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from accounts.models import Contact, Customer
from crm.core.sets import insert_rows
from crm.events.actor import Actor
from crm.events.recording import EventRow, record_events
from crm.identity.models import User
from sales.events.leads import LEAD_CREATED
from sales.models import Lead, LeadTouch
from sales.queries.scoring import scoring
from sales.services.lead_imports import LINKS, OWN, TEXTS, following
from sales.services.scoring import rescore_some

BATCH = 1000


@dataclass(frozen=True)
class NewLead:
    """One lead to be created: its fields, when it came, what became of it, and what it did (kind, when, note)."""

    owner: User | None
    values: Mapping[str, Any]
    created_at: datetime
    status: str = "new"
    reason: str = ""
    converted_at: datetime | None = None
    customer: Customer | None = None
    contact: Contact | None = None
    touches: Iterable[tuple[str, datetime, str]] = field(default_factory=tuple)


@transaction.atomic
def create_leads(new: Iterable[NewLead], *, actor: Actor) -> int:
    """Write leads with their past, a thousand at a time; returns how many."""
    waiting, made = iter(new), 0
    while batch := list(islice(waiting, BATCH)):
        ids = insert_rows(Lead, [_columns(one) for one in batch])
        points = scoring().points.behaviour
        pairs = [(pk, one) for pk, one in zip(ids, batch, strict=True) if pk]
        touches = [
            {"lead_id": pk, "kind": kind, "points": points[kind], "at": at, "note": note}
            for pk, one in pairs
            for kind, at, note in one.touches
        ]
        insert_rows(LeadTouch, touches)
        events = [EventRow(Lead, pk, payload={"name": one.values["name"]}) for pk, one in pairs]
        record_events(LEAD_CREATED, events, actor=actor)
        rescore_some(pk for pk, _one in pairs)
        made += len(pairs)
    return made


def _columns(one: NewLead) -> dict[str, Any]:
    value = one.values.get
    own: dict[str, Any] = {name: value(name, "") if name in TEXTS else value(name) for name in OWN}
    raised = [at for kind, at, _note in one.touches if kind in ("form", "meeting")]
    return {
        **own,
        **{f"{name}_id": getattr(value(name), "pk", None) for name in LINKS},
        "decides": bool(value("decides")),
        "last_source": own["source"],
        "status": one.status,
        "reason": one.reason,
        "custom": {},
        "owner_id": one.owner.pk if one.owner else None,
        "team_id": one.owner.team_id if one.owner else None,
        "owner_since": one.created_at,
        "created_at": one.created_at,
        "updated_at": one.converted_at or one.created_at,
        "converted_at": one.converted_at,
        "customer_id": one.customer.pk if one.customer else None,
        "contact_id": one.contact.pk if one.contact else None,
        "hand_raised_at": max(raised, default=None),
        **following(own, {}),
    }
