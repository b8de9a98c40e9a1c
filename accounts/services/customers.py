"""Customers: created, changed, binned, restored, purged."""

import datetime
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.events import (
    CUSTOMER_CREATED,
    CUSTOMER_DELETED,
    CUSTOMER_FIRST_DEAL,
    CUSTOMER_RESTORED,
    CUSTOMER_UPDATED,
)
from accounts.models import Contact, Customer, LifecycleEvent
from accounts.rules.derive import Derivation, derive
from accounts.rules.lifecycle import CUSTOMER, DEAL_STAGES, LEAD, PROSPECT_STAGES
from accounts.services.cleaning import cleaned, match_keys
from accounts.services.contacts import create_contact
from accounts.services.duplicates import Guard, guard_customer
from accounts.services.lifecycle import enter_stage
from accounts.services.tagging import tag_customers
from crm.core.clock import company_today
from crm.core.pinyin import sort_key
from crm.core.writes import RuleBroken, check_version, lock, only, save_versioned, without_double
from crm.events.actor import Actor
from crm.events.recording import recording
from crm.identity.models import Team, User
from crm.records.models import Region
from crm.records.services.custom_values import check_free, settle

EDITABLE = (
    "name",
    "kind",
    "uscc",
    "external_id",
    "tier",
    "intent",
    "industry",
    "region",
    "size",
    "phone",
    "email",
    "website",
    "address",
    "source",
    "source_detail",
    "parent",
    "no_follow_up_reason",
    "custom",
)


@dataclass(frozen=True)
class Created:
    """A new customer with what came into being beside it, and the fields that filled in by themselves."""

    customer: Customer
    contact: Contact | None = None
    derived: list[str] = field(default_factory=list)


@transaction.atomic
def create_customer(
    *,
    actor: Actor,
    owner: User | None,
    team: Team | None = None,
    contact: Mapping[str, Any] | None = None,
    tags: Iterable[Any] = (),
    fill_in: bool = True,
    first_deal_at: datetime.date | None = None,
    lifecycle_stage: str = "",
    guard: Guard | None = None,
    complete: bool = True,
    **values: Any,
) -> Created:
    """Create a customer with its first contact; what follows from its name and numbers fills in by itself.

    With `complete=False` required custom fields may wait: no form was filled in. `first_deal_at` is for administrators and imports; the stage has to agree with it. With a `guard` one that is
    there already is refused (`DuplicatesFound`).
    """
    only(EDITABLE, values)
    custom = values.pop("custom", {})
    values = cleaned(Customer, {"name": values.pop("name", ""), **values})
    derived = _derive(values, contact) if fill_in else {}
    values |= derived
    customer = Customer(owner=owner, team=team or (owner.team if owner else None), **values)
    _begin(customer, first_deal_at, lifecycle_stage)
    customer.owner_since = timezone.now()
    customer.neglect_from = company_today()
    _check_rules(customer, values)
    customer.custom = settle(customer, custom, complete=complete)
    guard_customer(customer, guard, contact=contact)
    for name, value in match_keys(
        {"phone": customer.phone, "name": customer.name, "kind": customer.kind}
    ).items():
        setattr(customer, name, value)
    customer.fill_search()
    with _known_once():
        customer.save()
    with recording(CUSTOMER_CREATED, customer, actor=actor, payload={"name": customer.name}) as draft:
        if derived:
            draft.payload["derived"] = sorted(derived)
    LifecycleEvent(
        customer=customer,
        to_stage=customer.lifecycle_stage,
        rule="created",
        actor_id=actor.id,
        actor_name=actor.name,
    ).save()
    person = None
    if contact:
        person = create_contact(customer, actor=actor, is_primary=True, announce=False, **contact)
    if tags:
        tag_customers([customer], add=tags, actor=actor)
    return Created(customer, person, sorted(derived))


@transaction.atomic
def update_customer(
    customer: Customer,
    *,
    actor: Actor,
    expected: int | None = None,
    guard: Guard | None = None,
    **values: Any,
) -> Customer:
    """Change a customer's fields; `expected` is the version the editor saw, a stale one is refused with both values.

    With a `guard` values that make it a duplicate of another customer are refused (`DuplicatesFound`).
    """
    only(EDITABLE, values)
    customer = lock(customer)
    _in_use(customer)
    check_version(customer, expected)
    custom = values.pop("custom", None)
    values = cleaned(Customer, values)
    changed = {name: value for name, value in values.items() if getattr(customer, name) != value}
    if not changed and not custom:
        return customer
    with recording(CUSTOMER_UPDATED, customer, actor=actor):
        for name, value in changed.items():
            setattr(customer, name, value)
        settled = settle(customer, custom or {}, changed=changed)
        if settled != customer.custom:
            changed["custom"] = customer.custom = settled
        if not changed:
            return customer
        _check_rules(customer, changed)
        guard_customer(customer, guard, changed=changed)
        follow = match_keys({"phone": customer.phone, "name": customer.name, "kind": customer.kind})
        follow["name_sort"] = sort_key(customer.name)
        for name, value in follow.items():
            setattr(customer, name, value)
        with _known_once():
            save_versioned(customer, [*changed, *follow, *customer.fill_search()])
    return customer


@transaction.atomic
def set_first_deal(
    customer: Customer, date: datetime.date | None, *, actor: Actor, expected: int | None = None
) -> Customer:
    """Say when the first deal was (an administrator's word until orders say it): it makes a deal customer, or undoes it."""
    customer = lock(customer)
    check_version(customer, expected)
    _in_use(customer)
    _check_deal_date(date)
    if customer.first_deal_at == date:
        return customer
    payload = {"date": date.isoformat() if date else None}
    with recording(CUSTOMER_FIRST_DEAL, customer, actor=actor, payload=payload):
        customer.first_deal_at = date
        if date:
            customer.intent = None
        else:
            customer.tier = None
        save_versioned(customer, ["first_deal_at", "intent", "tier"])
    if date and customer.lifecycle_stage in PROSPECT_STAGES:
        enter_stage(customer, CUSTOMER, rule="first_deal", actor=actor)
    elif not date and customer.lifecycle_stage in DEAL_STAGES:
        enter_stage(customer, _stage_before_deal(customer), rule="first_deal", actor=actor)
    return customer


def _stage_before_deal(customer: Customer) -> str:
    """Where a prospect stood before somebody said that there was a deal."""
    steps = customer.lifecycle_events.filter(to_stage__in=PROSPECT_STAGES)
    return steps.order_by("-at", "-pk").values_list("to_stage", flat=True).first() or LEAD


@transaction.atomic
def delete_customer(customer: Customer, *, actor: Actor, expected: int | None = None) -> Customer:
    """Move a customer to the bin, from where it can be restored for 30 days; deal customers stay for good."""
    customer = lock(customer)
    check_version(customer, expected)
    _in_use(customer)
    if customer.is_deal:
        raise RuleBroken(
            _("%(name)s has had a deal and cannot be deleted.") % {"name": customer.name},
            code="deal_customer",
        )
    with recording(CUSTOMER_DELETED, customer, actor=actor, always=True):
        customer.deleted_at = timezone.now()
        customer.deleted_by_id = actor.user_id
        save_versioned(customer, ["deleted_at", "deleted_by_id"])
    return customer


@transaction.atomic
def restore_customer(customer: Customer, *, actor: Actor) -> Customer:
    """Take a customer out of the bin; refused where another one has taken its external ID meanwhile."""
    customer = lock(customer)
    if customer.deleted_at is None:
        return customer
    if customer.merged_into_id is not None:
        raise RuleBroken(
            _("%(name)s was merged into another customer; undo the merge there.") % {"name": customer.name},
            code="merged",
        )
    if customer.external_id and Customer.objects.filter(external_id=customer.external_id).exists():
        raise RuleBroken(
            _("%(name)s cannot be restored: another customer has the external ID %(id)s now.")
            % {"name": customer.name, "id": customer.external_id},
            code="conflict",
        )
    check_free(customer)
    with recording(CUSTOMER_RESTORED, customer, actor=actor, always=True):
        customer.deleted_at = customer.deleted_by_id = None
        save_versioned(customer, ["deleted_at", "deleted_by_id"])
    return customer


def _begin(customer: Customer, first_deal_at: datetime.date | None, stage: str) -> None:
    """Where a new customer's life cycle begins."""
    _check_deal_date(first_deal_at)
    customer.first_deal_at = first_deal_at
    customer.lifecycle_stage = stage or (CUSTOMER if first_deal_at else LEAD)
    if customer.lifecycle_stage not in (DEAL_STAGES if first_deal_at else PROSPECT_STAGES):
        raise RuleBroken(
            _("Customers with a deal begin as customers, prospects as leads."), field="lifecycle_stage"
        )


def _check_deal_date(date: datetime.date | None) -> None:
    if date is not None and date > company_today():
        raise RuleBroken(_("The first deal cannot lie in the future."), field="first_deal_at")


def _in_use(customer: Customer) -> None:
    if customer.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": customer.name}, code="deleted")


def _check_rules(customer: Customer, changed: Mapping[str, Any]) -> None:
    if changed.get("tier") and not customer.is_deal:
        raise RuleBroken(_("Only customers with a deal have a tier; prospects have an intent."), field="tier")
    if changed.get("intent") and customer.is_deal:
        raise RuleBroken(_("Customers with a deal have a tier instead of an intent."), field="intent")
    if changed.get("size") is not None and not 0 <= changed["size"] <= 10_000_000:
        raise RuleBroken(_("Enter the number of employees."), field="size")
    if changed.get("parent") is not None:
        _check_parent(customer, changed["parent"])


def _check_parent(customer: Customer, parent: Customer) -> None:
    """A company is not its own parent, grandparent, …"""
    seen: set[int] = set()
    above: int | None = parent.pk
    while above is not None and above not in seen:
        if above == customer.pk:
            raise RuleBroken(_("A company cannot belong to itself."), field="parent")
        seen.add(above)
        above = Customer._base_manager.filter(pk=above).values_list("parent_id", flat=True).first()


def _known_once() -> AbstractContextManager[None]:
    """What the database keeps once, and how people are told."""
    return without_double(external_id=_("There is a customer with this external ID already."))


def _derive(values: Mapping[str, Any], contact: Mapping[str, Any] | None) -> dict[str, Any]:
    """What follows from the name and the numbers, for the fields nobody has filled in."""
    found = derive_from(values, contact)
    blank = {
        name: found.get(name) for name in ("kind", "website") if found.get(name) and not values.get(name)
    }
    if found.get("region") and not values.get("region"):
        region = Region._base_manager.filter(pk=found.get("region")).first()
        blank |= {"region": region} if region else {}
    return blank


def derive_from(values: Mapping[str, Any], contact: Mapping[str, Any] | None = None) -> Derivation:
    """What can be known of a customer from its own or its contact's numbers."""
    person = contact or {}
    return derive(
        name=values.get("name") or "",
        uscc=values.get("uscc") or "",
        phone=values.get("phone") or person.get("phone") or "",
        email=values.get("email") or person.get("email") or "",
    )
