"""Many customers at once: the rules and events of `create_customer`, written set-based."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.events import CUSTOMER_CREATED
from accounts.models import Contact, Customer, CustomerTag, LifecycleEvent
from accounts.models.choices import Stage
from accounts.services.cleaning import cleaned, match_keys
from crm.core.clock import company_day
from crm.core.phone import search_forms
from crm.core.pinyin import sort_key
from crm.events.actor import Actor
from crm.events.recording import EventRow, record_events
from crm.identity.models import User
from crm.records.models import Tag
from crm.records.searchable import search_columns

BATCH = 2000


@dataclass
class NewCustomer:
    """One customer to create, with its main contact; `created_at` and the stage may lie in the past."""

    owner: User | None
    values: Mapping[str, Any]
    contact: Mapping[str, Any] | None = None
    tags: Iterable[Tag] = ()
    stage: str = Stage.LEAD
    first_deal_at: datetime.date | None = None
    created_at: datetime.datetime = field(default_factory=timezone.now)


def create_customers(drafts: Iterable[NewCustomer], *, actor: Actor) -> Iterator[list[Customer]]:
    """Create customers in batches, each in one transaction of a handful of statements; yields every finished batch."""
    drafts = iter(drafts)
    while batch := list(islice(drafts, BATCH)):
        yield _create_batch(batch, actor)


@transaction.atomic
def _create_batch(batch: list[NewCustomer], actor: Actor) -> list[Customer]:
    customers, contacts = [], []
    for draft in batch:
        customer, contact = _customer(draft), _contact(draft)
        customer.search_text, customer.search_grams = search_columns(
            [*customer.search_values(), *([contact.name, *search_forms(contact.phone)] if contact else [])]
        )
        customers.append(customer)
        contacts.append(contact)
    Customer._base_manager.bulk_create(customers)
    for customer, contact in zip(customers, contacts, strict=True):
        if contact:
            contact.customer = customer
    Contact._base_manager.bulk_create([contact for contact in contacts if contact])
    LifecycleEvent._base_manager.bulk_create(
        [
            LifecycleEvent(
                customer=customer,
                to_stage=customer.lifecycle_stage,
                rule="created",
                at=customer.created_at,
                actor_id=actor.id,
                actor_name=actor.name,
            )
            for customer in customers
        ]
    )
    CustomerTag._base_manager.bulk_create(
        [
            CustomerTag(customer=customer, tag=tag, added_by_id=actor.user_id)
            for customer, draft in zip(customers, batch, strict=True)
            for tag in draft.tags
        ]
    )
    record_events(
        CUSTOMER_CREATED,
        [EventRow(Customer, c.pk, payload={"name": c.name}, at=c.created_at) for c in customers],
        actor=actor,
    )
    return customers


def _customer(draft: NewCustomer) -> Customer:
    values = cleaned(Customer, draft.values)
    customer = Customer(
        owner=draft.owner,
        team_id=draft.owner.team_id if draft.owner else None,
        owner_since=draft.created_at,
        lifecycle_stage=draft.stage,
        first_deal_at=draft.first_deal_at,
        created_at=draft.created_at,
        updated_at=draft.created_at,
        neglect_from=company_day(draft.created_at),
        **values,
    )
    customer.name_sort = sort_key(customer.name)
    keys = match_keys({"phone": customer.phone, "name": customer.name, "kind": customer.kind})
    for name, value in keys.items():
        setattr(customer, name, value)
    return customer


def _contact(draft: NewCustomer) -> Contact | None:
    if not draft.contact:
        return None
    values = cleaned(Contact, draft.contact)
    contact = Contact(is_primary=True, created_at=draft.created_at, updated_at=draft.created_at, **values)
    contact.name_sort = sort_key(contact.name, person=True)
    contact.phone_key = match_keys({"phone": contact.phone})["phone_key"]
    contact.fill_search()
    return contact
