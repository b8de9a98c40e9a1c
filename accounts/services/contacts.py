"""Contacts: the people at a customer, and the further companies they belong to."""

from contextlib import AbstractContextManager
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.events import (
    CONTACT_CREATED,
    CONTACT_DELETED,
    CONTACT_LINKED,
    CONTACT_RESTORED,
    CONTACT_UNLINKED,
    CONTACT_UPDATED,
)
from accounts.models import Contact, ContactLink, Customer
from accounts.models.customer import ALIVE
from accounts.services.cleaning import cleaned, match_keys
from accounts.services.customer_dates import lock_customers
from accounts.services.duplicates import Guard, guard_contact
from crm.core.pinyin import sort_key
from crm.core.writes import RuleBroken, check_version, lock, only, save_versioned, without_double
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.records.services.custom_values import check_free, settle

EDITABLE = (
    "customer",
    "name",
    "title",
    "department",
    "role",
    "phone",
    "email",
    "wechat",
    "external_id",
    "custom",
)
MOST_PER_CUSTOMER = 500


@transaction.atomic
def create_contact(
    customer: Customer,
    *,
    actor: Actor,
    is_primary: bool = False,
    announce: bool = True,
    guard: Guard | None = None,
    complete: bool = True,
    **values: Any,
) -> Contact:
    """Add a person to a customer; the first one becomes its main contact.

    With a `guard` somebody whose number or address another customer has is refused (`DuplicatesFound`).
    """
    only(EDITABLE, values)
    customer = lock(customer)
    if customer.contacts.count() >= MOST_PER_CUSTOMER:
        raise RuleBroken(_("A customer has at most %(count)d contacts.") % {"count": MOST_PER_CUSTOMER})
    custom = values.pop("custom", {})
    values = cleaned(Contact, {"name": values.pop("name", ""), **values})
    contact = Contact(customer=customer, **values)
    contact.custom = settle(contact, custom, complete=announce and complete)
    guard_contact(contact, guard)
    contact.phone_key = match_keys({"phone": contact.phone})["phone_key"]
    contact.fill_search()
    first = not customer.contacts.filter(is_primary=True).exists()
    contact.is_primary = first
    with _known_once():
        contact.save()
    if is_primary and not first:
        contact = set_primary(contact, actor=actor)
    _renew_search(customer)
    if announce:
        record_event(CONTACT_CREATED, contact, actor=actor, payload={"name": contact.name}, about=[customer])
    return contact


@transaction.atomic
def update_contact(
    contact: Contact, *, actor: Actor, expected: int | None = None, guard: Guard | None = None, **values: Any
) -> Contact:
    """Change a contact; moving them to another customer keeps the person and their history."""
    only(EDITABLE, values)
    custom = values.pop("custom", None)
    values = cleaned(Contact, values)
    contact = _locked(contact, values.get("customer"))
    check_version(contact, expected)
    before = contact.customer
    changed = {name: value for name, value in values.items() if getattr(contact, name) != value}
    if not changed and settle(contact, custom or {}) == contact.custom:
        return contact
    about = [before, *([changed["customer"]] if "customer" in changed else [])]
    with recording(CONTACT_UPDATED, contact, actor=actor, payload={"name": contact.name}, about=about):
        for name, value in changed.items():
            setattr(contact, name, value)
        settled = settle(contact, custom or {}, changed=changed)
        if settled != contact.custom:
            changed["custom"] = contact.custom = settled
        guard_contact(contact, guard, changed)
        contact.name_sort = sort_key(contact.name, person=True)
        contact.phone_key = match_keys({"phone": contact.phone})["phone_key"]
        if "customer" in changed:
            contact.is_primary = False
            contact.links.filter(customer=contact.customer).delete()
        follow = ["name_sort", "phone_key", "is_primary", *contact.fill_search()]
        with _known_once():
            save_versioned(contact, [*changed, *follow])
    for customer in about:
        _keep_a_primary(customer)
        _renew_search(customer)
    contact.refresh_from_db(fields=["is_primary"])
    return contact


@transaction.atomic
def delete_contact(contact: Contact, *, actor: Actor, expected: int | None = None) -> Contact:
    """Move a contact to the bin; the next one becomes the main contact."""
    contact = _locked(contact)
    check_version(contact, expected)
    if contact.deleted_at is not None:
        return contact
    about = [contact.customer]
    payload = {"name": contact.name}
    with recording(CONTACT_DELETED, contact, actor=actor, about=about, payload=payload):
        contact.deleted_at = timezone.now()
        contact.deleted_by_id = actor.user_id
        contact.is_primary = False
        save_versioned(contact, ["deleted_at", "deleted_by_id", "is_primary"])
    _keep_a_primary(contact.customer)
    _renew_search(contact.customer)
    return contact


@transaction.atomic
def restore_contact(contact: Contact, *, actor: Actor) -> Contact:
    """Take a contact out of the bin; refused while their customer lies there, or another has their external ID now."""
    contact = _locked(contact)
    if contact.deleted_at is None:
        return contact
    if contact.customer.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": contact.customer}, code="deleted")
    held = Contact._base_manager.filter(ALIVE, external_id=contact.external_id)
    taken = contact.external_id and held.exists()
    if taken:
        raise RuleBroken(
            _("%(name)s cannot be restored: another contact has the external ID %(id)s now.")
            % {"name": contact.name, "id": contact.external_id},
            code="conflict",
        )
    check_free(contact)
    payload = {"name": contact.name}
    with recording(CONTACT_RESTORED, contact, actor=actor, about=[contact.customer], payload=payload):
        contact.deleted_at = contact.deleted_by_id = None
        save_versioned(contact, ["deleted_at", "deleted_by_id"])
    _keep_a_primary(contact.customer)
    _renew_search(contact.customer)
    return contact


@transaction.atomic
def set_primary(contact: Contact, *, actor: Actor) -> Contact:
    """Make somebody the main contact of their customer."""
    contact = _locked(contact)
    if contact.is_primary:
        return contact
    Contact._base_manager.filter(customer=contact.customer_id, is_primary=True).update(is_primary=False)
    payload = {"name": contact.name}
    with recording(CONTACT_UPDATED, contact, actor=actor, about=[contact.customer], payload=payload):
        contact.is_primary = True
        save_versioned(contact, ["is_primary"])
    return contact


@transaction.atomic
def link_contact(
    contact: Contact, customer: Customer, *, role: str = "", title: str = "", actor: Actor
) -> ContactLink:
    """Note that a contact belongs to a further company too, with their part there."""
    contact = lock(contact)
    if contact.customer_id == customer.pk:
        raise RuleBroken(
            _("%(name)s belongs to this customer already.") % {"name": contact.name}, field="customer"
        )
    values = cleaned(ContactLink, {"role": role, "title": title})
    link, created = ContactLink._base_manager.update_or_create(
        contact=contact, customer=customer, defaults=values
    )
    if created:
        record_event(
            CONTACT_LINKED,
            contact,
            actor=actor,
            payload={"name": contact.name},
            about=[customer, contact.customer],
        )
    return link


@transaction.atomic
def unlink_contact(contact: Contact, customer: Customer, *, actor: Actor) -> bool:
    """Note that a contact no longer belongs to a further company; returns whether they did."""
    removed, _rows = ContactLink._base_manager.filter(contact=contact, customer=customer).delete()
    if removed:
        record_event(
            CONTACT_UNLINKED,
            contact,
            actor=actor,
            payload={"name": contact.name},
            about=[customer, contact.customer],
        )
    return bool(removed)


def _locked(contact: Contact, *others: Customer | None) -> Contact:
    """The contact locked after its customers, as every change does, so that no two wait for each other."""
    lock_customers([contact.customer_id, *(other.pk for other in others if other is not None)])
    return lock(contact)


def _keep_a_primary(customer: Customer) -> None:
    """A customer with contacts has exactly one main contact; the oldest takes over."""
    people = customer.contacts.order_by("created_at", "pk")
    if not people.filter(is_primary=True).exists():
        oldest = people.values_list("pk", flat=True).first()
        Contact._base_manager.filter(pk=oldest).update(is_primary=True)


def _renew_search(customer: Customer) -> None:
    """Customers are found by their contacts' names and numbers too."""
    customer.fill_search()
    Customer._base_manager.filter(pk=customer.pk).update(
        search_text=customer.search_text, search_grams=customer.search_grams
    )


def _known_once() -> AbstractContextManager[None]:
    """What the database keeps once, and how people are told."""
    return without_double(external_id=_("There is a contact with this external ID already."))
