"""A lead becomes a customer with a contact (转化), and for a day can be made a lead again."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services as accounts
from accounts.models import Contact, Customer, LifecycleEvent
from accounts.rules.lifecycle import OPPORTUNITY
from accounts.services import Guard
from accounts.services.cleaning import match_keys
from accounts.services.lifecycle import enter_stage
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.models import User
from sales.events.leads import CUSTOMER_FROM_LEAD, LEAD_CONVERTED, LEAD_UNCONVERTED
from sales.models import Lead, LeadConversion, LeadStatus, Opportunity, StageHistory
from sales.models.lead import OPEN_STATUSES
from sales.queries.conversion import Target, taken_over
from sales.rules.leads import BANT_NEEDED
from sales.services.opportunities import create_opportunity, delete_opportunity

UNDO_WITHIN = datetime.timedelta(hours=24)


@dataclass(frozen=True)
class Converted:
    """What a lead became."""

    lead: Lead
    customer: Customer
    contact: Contact
    opportunity: Opportunity | None = None


@transaction.atomic
def convert_lead(
    lead: Lead,
    *,
    actor: Actor,
    owner: User | None,
    customer: Customer | None = None,
    contact: Contact | None = None,
    opportunity: Mapping[str, Any] | None = None,
    guard: Guard | None = None,
    expected: int | None = None,
) -> Converted:
    """Turn a lead into a customer and a contact, new ones or those given; of existing ones only blanks are filled.

    `opportunity` opens a deal as well, with these values in place of what the lead says. Which fields go where an
    administrator chose. The lead stays, read-only, as the beginning of the customer's history. All of it, or nothing.
    """
    lead = lock(lead)
    check_version(lead, expected)
    _check(lead, customer, contact)
    given = taken_over(lead)
    owner = lead.owner or owner
    team = lead.team if owner is not None and owner.pk == lead.owner_id else None
    made = LeadConversion(lead=lead, status_before=lead.status, made_customer=customer is None)
    person = {"name": lead.name, **given[Target.CONTACT]}
    if customer is None:
        new = accounts.create_customer(
            actor=actor,
            owner=owner,
            team=team,
            guard=guard,
            complete=False,
            contact=person,
            name=lead.company or lead.name,
            kind="company" if lead.company else "person",
            lifecycle_stage="sql" if len(lead.known) >= BANT_NEEDED else "mql",
            **given[Target.CUSTOMER],
        )
        customer, contact, made.made_contact = new.customer, new.contact, True
    else:
        made.stage_before = customer.lifecycle_stage
        made.filled["customer"] = _fill(customer, given[Target.CUSTOMER], accounts.update_customer, actor)
        contact = contact or _same_person(lead, customer)
        made.made_contact = contact is None
        if contact is None:
            contact = accounts.create_contact(customer, actor=actor, complete=False, **person)
        else:
            made.filled["contact"] = _fill(contact, person, accounts.update_contact, actor)
    assert contact is not None
    deal = None
    if opportunity is not None:
        values = {"name": deal_name(lead), **given[Target.OPPORTUNITY], **opportunity}
        deal = create_opportunity(
            customer,
            actor=actor,
            owner=owner,
            team=team,
            lead=lead,
            contact=contact,
            complete=False,
            **values,
        )
    made.customer, made.contact, made.opportunity = customer, contact, deal
    made.carried = accounts.carry_follow_ups(lead, customer=customer, contact=contact)
    made.save()
    payload = {"customer": customer.name, "customer_id": customer.pk, "from": lead.status}
    with recording(LEAD_CONVERTED, lead, actor=actor, payload=payload, always=True):
        lead.status, lead.converted_at = LeadStatus.CONVERTED, timezone.now()
        lead.customer, lead.contact = customer, contact
        lead.reason = lead.reason_note = ""
        save_versioned(lead, ["status", "converted_at", "customer", "contact", "reason", "reason_note"])
    record_event(CUSTOMER_FROM_LEAD, customer, actor=actor, payload={"name": lead.name, "lead_id": lead.pk})
    return Converted(lead, customer, contact, deal)


@transaction.atomic
def undo_conversion(lead: Lead, *, actor: Actor) -> Lead:
    """Make a converted lead a lead again within 24 hours, as long as nothing new hangs on what it became."""
    lead = lock(lead)
    made = lead.conversions.filter(undone_at__isnull=True).select_for_update().first()
    if made is None:
        raise RuleBroken(_("There is no conversion to undo."), code="undone")
    if timezone.now() - made.at > UNDO_WITHIN:
        raise RuleBroken(_("A conversion can be undone for 24 hours."), code="late")
    accounts.take_back_follow_ups(made.carried, customer=made.customer, contact=made.contact)
    if made.opportunity is not None:
        _drop_opportunity(made.opportunity, actor)
    if made.made_customer:
        _drop_customer(made, actor)
    else:
        if made.made_contact and made.contact is not None:
            _nothing_new(made.contact, made.contact.name, (Opportunity,))
            if made.contact.opportunities.exclude(pk=made.opportunity_id).exists():
                raise _in_the_way(made.contact.name)
            accounts.delete_contact(made.contact, actor=actor)
        _empty_again(made.customer, made.filled.get("customer", {}), accounts.update_customer, actor)
        if not made.made_contact and made.contact is not None:
            _empty_again(made.contact, made.filled.get("contact", {}), accounts.update_contact, actor)
        customer = lock(made.customer)
        if made.opportunity is not None and customer.lifecycle_stage == OPPORTUNITY != made.stage_before:
            enter_stage(customer, made.stage_before, rule="conversion_undone", actor=actor)
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


def deal_name(lead: Lead) -> str:
    """What the deal of a converted lead is called, unless somebody says otherwise."""
    return _("%(name)s – opportunity") % {"name": (lead.company or lead.name)[:180]}


def _fill(record: Any, values: Mapping[str, Any], update: Any, actor: Actor) -> dict[str, Any]:
    """Fill what is blank, custom fields too, and say what was filled in."""
    fresh = lock(record)
    blanks = {
        name: value
        for name, value in values.items()
        if name not in ("name", "custom") and getattr(fresh, name) in (None, "")
    }
    custom = {key: value for key, value in values.get("custom", {}).items() if key not in fresh.custom}
    if blanks or custom:
        update(fresh, actor=actor, **blanks, **({"custom": custom} if custom else {}))
    after = lock(record)
    filled: dict[str, Any] = {name: str(_plain(getattr(after, name))) for name in blanks}
    return filled | ({"custom": {key: after.custom.get(key) for key in custom}} if custom else {})


def _empty_again(record: Any, filled: Mapping[str, Any], update: Any, actor: Actor) -> None:
    """Take out what the conversion filled in, where it still stands."""
    fresh = lock(record)
    own = {name: value for name, value in filled.items() if name != "custom"}
    same = [name for name, value in own.items() if str(_plain(getattr(fresh, name))) == str(value)]
    blank: dict[str, Any] = {name: None if fresh._meta.get_field(name).null else "" for name in same}
    stands = {key: None for key, value in filled.get("custom", {}).items() if fresh.custom.get(key) == value}
    if blank or stands:
        update(fresh, actor=actor, **blank, **({"custom": stands} if stands else {}))


def _plain(value: Any) -> Any:
    return getattr(value, "pk", value)


def _drop_opportunity(deal: Opportunity, actor: Actor) -> None:
    """Bin the deal that was opened, if nobody has gone on with it since."""
    deal = lock(deal)
    if deal.deleted_at is not None:
        return
    _nothing_new(deal, deal.name, (StageHistory, LeadConversion))
    if deal.version > 1 or deal.history.count() > 1 or deal.activities.exists():
        raise _in_the_way(deal.name)
    delete_opportunity(deal, actor=actor)


def _drop_customer(made: LeadConversion, actor: Actor) -> None:
    """Bin the customer that was made, if nobody has done anything with it since."""
    customer = lock(made.customer)
    _nothing_new(customer, customer.name, (Contact, LifecycleEvent, Lead, LeadConversion, Opportunity))
    others = customer.contacts.exclude(pk=made.contact_id).exists()
    deals = customer.opportunities.exclude(pk=made.opportunity_id).exists()
    rules = ["created", "opportunity"] if made.opportunity_id else ["created"]
    if others or deals or customer.lifecycle_events.exclude(rule__in=rules).exists():
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
