"""The page of an opportunity."""

from typing import Any

from django.http import HttpRequest

from crm.identity import access
from crm.listing.record import RecordPage
from sales import services
from sales.forms.opportunities import OpportunityForm
from sales.listings.opportunities import OPPORTUNITIES
from sales.models import Opportunity
from sales.pages.middle import middle
from sales.queries.opportunities import opportunity_record, stages_of


def opportunity_context(request: HttpRequest, opportunity: Opportunity) -> dict[str, Any]:
    """Beside the facts: the path of stages with the days in each, and the people it is made with."""
    stays = list(opportunity.history.select_related("stage").order_by("entered_at", "pk"))
    return {
        "stages": stages_of(opportunity.pipeline),
        "stays": stays,
        "customer_seen": access.may(request.user, "view", opportunity.customer),
        **middle(request, opportunity),
    }


OPPORTUNITY_PAGE = RecordPage(
    listing=OPPORTUNITIES,
    queryset=opportunity_record,
    form=OpportunityForm,
    update=services.update_opportunity,
    template="sales/opportunity_detail.html",
    parts={name: f"sales/_opportunity_{name}.html" for name in ("identity", "left", "right")},
    context=opportunity_context,
    verbs=("change", "delete", "transfer"),
    facts=(
        "amount", "expected_close_date", "probability", "probability_reason", "forecast_category", "contact", "need",
        "source", "campaign", "competitor", "opened_at", "external_id",
    ),
    always=frozenset({"amount", "expected_close_date", "contact", "competitor"}),
)  # fmt: skip
