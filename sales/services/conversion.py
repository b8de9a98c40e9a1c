"""A lead becomes a customer with a contact (转化), and for a day can be made a lead again."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as accounts
from accounts.models import Contact, Customer, LifecycleEvent
from accounts.services import Guard
from accounts.services.cleaning import match_keys
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.models import User
from sales.events.leads import CUSTOMER_FROM_LEAD, LEAD_CONVERTED, LEAD_UNCONVERTED
from sales.models import Lead, LeadConversion, LeadStatus
from sales.models.lead import OPEN_STATUSES

UNDO_WITHIN = datetime.timedelta(hours=24)
OF_CUSTOMER = ("industry", "region", "size", "website", "source")
OF_CONTACT = ("title", "phone", "email", "wechat")


@dataclass(frozen=True)
class Converted:
    """What a lead became."""

    lead: Lead
    customer: Customer
    contact: Contact


@transaction.atomic
def convert_lead(
    lead: Lead,
    *,
    actor: Actor,
    owner: User | None,
    customer: Customer | None = None,
    contact: Contact | None = None,
    guard: Guard | None = None,
    expected: int | None = None,
) -> Converted:
    """Turn a lead into a customer and a contact, new ones or those given; of existing ones only blanks are filled.

    The lead stays, read-only, as the beginning of the customer's history. All of it happens, or nothing.
    """
    lead = lock(lead)
    check_version(lead, expected)
    _check(lead, customer, contact)
    made_customer, made_contact, filled = customer is None, contact is None, {}
    person = {"name": lead.name} | {name: getattr(lead, name) for name in OF_CONTACT}
    if customer is None:
        customer, contact = _new_customer(lead, person, owner=lead.owner or owner, guard=guard, actor=actor)
    else:
        filled["customer"] = _fill(
            customer, {name: getattr(lead, name) for name in OF_CUSTOMER}, accounts.update_customer, actor
        )
        contact = contact or _same_person(lead, customer)
        made_contact = contact is None
        if contact is None:
            contact = accounts.create_contact(customer, actor=actor, **person)
        else:
            filled["contact"] = _fill(contact, person, accounts.update_contact, actor)
    LeadConversion(
        lead=lead,
        customer=customer,
        contact=contact,
        made_customer=made_customer,
        made_contact=made_contact,
        status_before=lead.status,
        filled=filled,
    ).save()
    payload = {"customer": customer.name, "customer_id": customer.pk, "from": lead.status}
    with recording(LEAD_CONVERTED, lead, actor=actor, payload=payload, always=True):
        lead.status, lead.converted_at = LeadStatus.CONVERTED, timezone.now()
        lead.customer, lead.contact = customer, contact
        lead.reason = lead.reason_note = ""
        save_versioned(lead, ["status", "converted_at", "customer", "contact", "reason", "reason_note"])
    record_event(CUSTOMER_FROM_LEAD, customer, actor=actor, payload={"name": lead.name, "lead_id": lead.pk})
    return Converted(lead, customer, contact)


@transaction.atomic
def undo_conversion(lead: Lead, *, actor: Actor) -> Lead:
    """Make a converted lead a lead again within 24 hours, as long as nothing new hangs on what it became."""
    lead = lock(lead)
    made = lead.conversions.filter(undone_at__isnull=True).select_for_update().first()
    if made is None:
        raise RuleBroken(_("There is no conversion to undo."), code="undone")
    if timezone.now() - made.at > UNDO_WITHIN:
        raise RuleBroken(_("A conversion can be undone for 24 hours."), code="late")
    if made.made_customer:
        _drop_customer(made, actor)
    else:
        if made.made_contact and made.contact is not None:
            _nothing_new(made.contact, made.contact.name, ())
            accounts.delete_contact(made.contact, actor=actor)
        _empty_again(made.customer, made.filled.get("customer", {}), accounts.update_customer, actor)
        if not made.made_contact and made.contact is not None:
            _empty_again(made.contact, made.filled.get("contact", {}), accounts.update_contact, actor)
    made.undone_at = timezone.now()
    made.save(update_fields=["undone_at"])
    with recording(LEAD_UNCONVERTED, lead, actor=actor, about=[made.customer], always=True):
        lead.status, lead.converted_at, lead.customer, lead.contact = made.status_before, None, None, None
        save_versioned(lead, ["status", "converted_at", "customer", "contact"])
    return lead


def _check(lead: Lead, customer: Customer | None, contact: Contact | None) -> None:
    if lead.deleted_at is not None or lead.status not in OPEN_STATUSES:
        raise RuleBroken(_("Only an open lead can be converted."), code="closed")
    if contact is not None and (customer is None or contact.customer_id != customer.pk):
        raise RuleBroken(_("Choose a contact of this customer."), field="contact")


def _new_customer(
    lead: Lead, person: dict[str, Any], *, owner: User | None, guard: Guard | None, actor: Actor
) -> tuple[Customer, Contact]:
    values = {name: getattr(lead, name) for name in OF_CUSTOMER}
    made = accounts.create_customer(
        actor=actor,
        owner=owner,
        team=lead.team if owner is not None and owner.pk == lead.owner_id else None,
        guard=guard,
        contact=person,
        name=lead.company or lead.name,
        kind="company" if lead.company else "person",
        source_detail=lead.campaign[:100],
        lifecycle_stage="sql" if len(lead.known) >= 3 else "mql",
        **values,
    )
    assert made.contact is not None
    return made.customer, made.contact


def _same_person(lead: Lead, customer: Customer) -> Contact | None:
    """The contact of the customer with the lead's number, address or, without either, its name."""
    key = match_keys({"phone": lead.phone})["phone_key"]
    people = customer.contacts.all()
    for condition in (
        models.Q(phone_key=key) if key else None,
        models.Q(email=lead.email) if lead.email else None,
        models.Q(name=lead.name),
    ):
        found = people.filter(condition).order_by("pk").first() if condition is not None else None
        if found is not None:
            return found
    return None


def _fill(record: Any, values: dict[str, Any], update: Any, actor: Actor) -> dict[str, Any]:
    """Fill what is blank, and say what was filled in."""
    fresh = lock(record)
    blanks = {
        name: value
        for name, value in values.items()
        if name != "name" and value not in (None, "") and getattr(fresh, name) in (None, "")
    }
    if blanks:
        update(fresh, actor=actor, **blanks)
    return {name: getattr(value, "pk", value) for name, value in blanks.items()}


def _empty_again(record: Any, filled: dict[str, Any], update: Any, actor: Actor) -> None:
    """Take out what the conversion filled in, where it still stands."""
    fresh = lock(record)
    same = [name for name, value in filled.items() if _plain(getattr(fresh, name)) == value]
    if same:
        blank = {name: None if fresh._meta.get_field(name).null else "" for name in same}
        update(fresh, actor=actor, **blank)


def _plain(value: Any) -> Any:
    return getattr(value, "pk", value)


def _drop_customer(made: LeadConversion, actor: Actor) -> None:
    """Bin the customer that was made, if nobody has done anything with it since."""
    customer = lock(made.customer)
    _nothing_new(customer, customer.name, (Contact, LifecycleEvent, Lead, LeadConversion))
    others = customer.contacts.exclude(pk=made.contact_id).exists()
    if others or customer.lifecycle_events.exclude(rule="created").exists():
        raise _in_the_way(customer.name)
    accounts.delete_customer(customer, actor=actor)


def _nothing_new(record: models.Model, name: str, expected: tuple[type[models.Model], ...]) -> None:
    """Refuse where rows of any other kind refer to the record."""
    for relation in record._meta.related_objects:
        if relation.related_model in (*expected, Lead, LeadConversion) or relation.many_to_many:
            continue
        rows = relation.related_model._base_manager.filter(**{relation.field.name: record.pk})
        if rows.exists():
            raise _in_the_way(name)


def _in_the_way(name: str) -> RuleBroken:
    return RuleBroken(
        _("Somebody has worked with %(name)s since; the conversion stays.") % {"name": name}, code="in_use"
    )
