"""What sales does when something happened elsewhere: pools follow people, stays follow owners,
cadences end. Safe to run twice."""

from collections.abc import Sequence
from typing import Any

from accounts.models import Activity, ActivityKind, Customer
from crm.automation.models import IncomingEmail, OutgoingEmail
from crm.events.actor import Actor, system
from crm.events.models import Event
from crm.identity.models import User
from sales import services
from sales.models import Lead, LeadStatus, Opportunity


def members_changed(event: Event) -> None:
    """Somebody joined, left, moved or got another role: pools that all salespeople belong to follow."""
    services.refresh_members(actor=system("pools"))


def taken_out(event: Event) -> None:
    """A record in a pool was given to somebody: its stay is over."""
    model = {"sales.lead": Lead, "accounts.customer": Customer}.get(event.subject_type)
    if model is not None and event.payload.get("to_id"):
        services.end_stay(model, int(event.subject_id), taken_by_id=event.payload["to_id"], at=event.at)


def left_behind_leads(ids: Sequence[int], *, owner: User | None, actor: Actor) -> None:
    """Leads of somebody who left go to the pool where nobody takes them over."""
    if owner is None:
        services.leave_to_pool(Lead, ids, actor=actor)


def left_behind_customers(ids: Sequence[int], *, owner: User | None, actor: Actor) -> None:
    """Customers of somebody who left go to the pool where nobody takes them over; those with a deal wait for a colleague."""
    if owner is None:
        services.leave_to_pool(Customer, ids, actor=actor)


def answered(event: Event) -> None:
    """A mail came in that answers one of ours: if a cadence wrote that one, it ends."""
    incoming = IncomingEmail._base_manager.filter(pk=event.subject_id).first()
    if incoming is not None:
        services.note_answer(incoming)


def suppressed(event: Event) -> None:
    """An address gets no more mails: cadences that write to it end."""
    mail = OutgoingEmail._base_manager.filter(pk=event.payload.get("email") or 0).first()
    if mail is not None:
        services.note_suppressed(mail, event.payload.get("reason", ""))


def changed_hands(event: Event) -> None:
    """A lead or customer has another owner: cadences in the old one's name end (the pools end theirs at once)."""
    if (record := _of_event(event, {"sales.lead": Lead, "accounts.customer": Customer})) is not None:
        services.note_owner(record)


def moved_on(event: Event) -> None:
    """A lead was qualified or given up, or a deal got another stage: cadences towards it end. Taking a lead up is none."""
    record = _of_event(event, {"sales.lead": Lead, "sales.opportunity": Opportunity})
    if isinstance(record, Lead):
        if not record.is_open:
            services.note_closed(record)
        elif record.status == LeadStatus.QUALIFIED:
            services.note_stage(record)
    elif record is not None:
        services.note_stage(record.customer)


def closed(event: Event) -> None:
    """A deal was won or lost, a lead converted or deleted: cadences with them end."""
    record = _of_event(event, {"sales.lead": Lead, "sales.opportunity": Opportunity})
    if record is not None:
        services.note_closed(record if isinstance(record, Lead) else record.customer)


def planned(event: Event) -> None:
    """A meeting or visit was planned: cadences that wanted one end."""
    if event.payload.get("kind") not in (ActivityKind.MEETING, ActivityKind.VISIT):
        return
    activity = Activity._base_manager.filter(pk=event.subject_id).first()
    if activity is None:
        return
    record = activity.record if isinstance(activity.record, Lead) else activity.customer
    if record is not None:
        services.note_meeting(record, planned=activity.pk)


def _of_event(event: Event, models: dict[str, Any]) -> Any:
    model = models.get(event.subject_type)
    return model._base_manager.filter(pk=event.subject_id).first() if model else None
