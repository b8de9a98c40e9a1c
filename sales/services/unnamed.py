"""Deals that came in without a customer: filed under one of the importer's until somebody says whose they are."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Customer
from accounts.rules.lifecycle import OPPORTUNITY, PROSPECT_STAGES
from accounts.services.carrying import move_follow_ups
from accounts.services.customer_dates import lock_customers
from accounts.services.customers import create_customer
from accounts.services.lifecycle import enter_stage
from crm.core.writes import RuleBroken, StaleVersion, check_version, save_versioned
from crm.events.actor import Actor
from crm.events.recording import recording
from crm.identity.models import User
from sales.events.opportunities import OPPORTUNITY_UPDATED
from sales.models import Opportunity
from sales.services.opportunities import in_use
from sales.services.stages import locked

UNNAMED = gettext_lazy("Deals without a customer")
UNNAMED_ID = "deals-without-customer"


def unnamed_customer(owner: User, *, actor: Actor) -> Customer:
    """Where deals are filed whose customer nobody has named yet: one customer for all of them."""
    found = Customer.objects.filter(external_id=UNNAMED_ID).first()
    if found is None:
        found = create_customer(name=str(UNNAMED), external_id=UNNAMED_ID, owner=owner, actor=actor).customer
    return found


def waits_for_customer(opportunity: Opportunity) -> bool:
    """Whether nobody has said yet whose deal this is."""
    return opportunity.customer.external_id == UNNAMED_ID


@transaction.atomic
def name_customer(
    opportunity: Opportunity, *, customer: Customer, actor: Actor, expected: int | None = None
) -> Opportunity:
    """Say whose deal it is that came in without a customer; one that has a customer stays with it.

    The caller has authorised the change of both.
    """
    if not waits_for_customer(opportunity):
        message = _("%(name)s has a customer already, and a deal stays with its customer.")
        raise RuleBroken(message % {"name": opportunity.name}, field="customer", code="fixed")
    return _hang(opportunity, customer, actor, expected)


def unname_customers(
    opportunities: Iterable[Opportunity], before: Mapping[str, Any], *, actor: Actor
) -> None:
    """File deals again where they were before their customer was named."""
    homes = Customer.objects.in_bulk(set(before.values()))
    for opportunity in opportunities:
        home = homes.get(before.get(str(opportunity.pk)))
        if home is not None and home.external_id == UNNAMED_ID and opportunity.customer_id != home.pk:
            _hang(opportunity, home, actor)


def _hang(
    opportunity: Opportunity, customer: Customer, actor: Actor, expected: int | None = None
) -> Opportunity:
    locked_ones = {one.pk: one for one in lock_customers([opportunity.customer_id, customer.pk])}
    before, after = locked_ones[opportunity.customer_id], locked_ones[customer.pk]
    opportunity = locked(opportunity)
    check_version(opportunity, expected)
    if opportunity.customer_id != before.pk:
        raise StaleVersion(opportunity)
    in_use(opportunity)
    if after.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": after.name}, field="customer")
    if after.pk == before.pk:
        return opportunity
    if opportunity.quotes.exists() or opportunity.orders.exists():
        message = _("%(name)s has quotes or contracts; they name its customer.")
        raise RuleBroken(message % {"name": opportunity.name}, field="customer", code="fixed")
    with recording(OPPORTUNITY_UPDATED, opportunity, actor=actor, about=[before, after]):
        opportunity.customer, opportunity.contact = after, None
        save_versioned(opportunity, ["customer", "contact", *opportunity.fill_search()])
    move_follow_ups(opportunity, before=before, after=after)
    if (
        opportunity.is_open
        and after.lifecycle_stage in PROSPECT_STAGES
        and after.lifecycle_stage != OPPORTUNITY
    ):
        enter_stage(after, OPPORTUNITY, rule="opportunity", actor=actor)
    return opportunity
