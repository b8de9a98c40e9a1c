"""What sales does when something happened elsewhere: pools follow people, stays follow owners. Safe to run twice."""

from collections.abc import Sequence

from accounts.models import Customer
from crm.events.actor import Actor, system
from crm.events.models import Event
from crm.identity.models import User
from sales import services
from sales.models import Lead


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
