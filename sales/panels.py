"""What sales shows on the pages of other records."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Customer
from crm.identity import access
from sales.models import Lead, Opportunity
from sales.queries.opportunities import deals_of

SHOWN = 5


def customer_opportunities(request: HttpRequest, customer: Customer) -> dict[str, Any] | None:
    """The deals of a customer, open ones first; nothing for whom opportunities are no business."""
    if not access.has_verb(request.user, "view", Opportunity):
        return None
    rows = deals_of(request.user, customer=customer)
    deals = list(rows[:SHOWN])
    mine = access.has_verb(request.user, "add", Opportunity) and access.may(request.user, "change", customer)
    return {
        "deals": deals,
        "total": len(deals) if len(deals) < SHOWN else rows.count(),
        "may_add": mine,
        "new_url": f"{reverse('opportunity_create')}?customer={customer.pk}",
        "list_url": f"{reverse('opportunity_list')}?customer={customer.pk}",
    }


def lead_opportunities(request: HttpRequest, lead: Lead) -> dict[str, Any] | None:
    """The deals a lead has led to; nothing while there are none."""
    if not access.has_verb(request.user, "view", Opportunity):
        return None
    deals = list(deals_of(request.user, lead=lead)[:SHOWN])
    return {"deals": deals, "total": len(deals), "may_add": False} if deals else None
