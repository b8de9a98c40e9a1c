"""The page of an opportunity."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.queries.customers import people_of
from crm.identity import access
from crm.identity import services as identity
from crm.listing.record import RecordPage
from sales import services
from sales.forms.opportunities import OpportunityForm
from sales.listings.opportunities import OPPORTUNITIES, OPPORTUNITY_BIN, STATE_KINDS
from sales.models import Opportunity
from sales.pages.middle import middle
from sales.queries.opportunities import is_rotting, opportunity_record, weighted
from sales.queries.stages import path_of


def opportunity_context(
    request: HttpRequest, opportunity: Opportunity, may: dict[str, bool]
) -> dict[str, Any]:
    """Beside the facts: the path of stages with the days in each, and the people it is made with."""
    part, user = request.GET.get("part", ""), request.user
    found: dict[str, Any] = {
        "customer_seen": access.may(user, "view", opportunity.customer),
        "state_kind": STATE_KINDS.get(opportunity.status, ""),
    }
    if part in ("", "identity"):
        found |= {"rots": is_rotting(opportunity), "weighted": weighted(opportunity)}
    if part in ("", "path"):
        found["path"] = path_of(opportunity)
    if part in ("", "right"):
        found["people"] = people_of(opportunity.customer, user) if found["customer_seen"] else []
        found["lead_seen"] = opportunity.lead is not None and access.may(user, "view", opportunity.lead)
    people = found.get("people") if found["customer_seen"] else None
    return found | middle(request, opportunity, may["change"], people)


OPPORTUNITY_PAGE = RecordPage(
    listing=OPPORTUNITIES,
    queryset=opportunity_record,
    form=OpportunityForm,
    update=services.update_opportunity,
    template="sales/opportunity_detail.html",
    parts={name: f"sales/_opportunity_{name}.html" for name in ("identity", "left", "path", "right")},
    context=opportunity_context,
    transfer=identity.assign,
    delete=services.delete_opportunity,
    restore=services.restore_opportunity,
    bin=OPPORTUNITY_BIN,
    before_delete=_("It goes to the bin with its follow-ups, and can be restored from there for 30 days."),
    before_restore=_("It comes back with its follow-ups and owner."),
    facts=(
        "amount", "expected_close_date", "probability", "probability_reason", "forecast_category", "contact", "need",
        "source", "campaign", "competitor", "opened_at", "external_id",
    ),
    always=frozenset({"amount", "expected_close_date", "contact", "competitor"}),
    percents=frozenset({"probability"}),
)  # fmt: skip
