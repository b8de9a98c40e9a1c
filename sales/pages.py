"""The pages of leads and opportunities, declared like their lists."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Customer
from accounts.views.customers import is_administrator
from accounts.views.timeline import composer_context, timeline_context
from crm.identity import access
from crm.listing.record import RecordPage
from sales import services
from sales.forms import LeadForm, OpportunityForm
from sales.listings import LEADS, OPPORTUNITIES
from sales.models import Lead, Opportunity
from sales.queries.leads import lead_record
from sales.queries.opportunities import opportunity_record, stages_of
from sales.rules.leads import MOVES
from sales.services.conversion import UNDO_WITHIN
from sales.services.scoring import score_of


def lead_context(request: HttpRequest, lead: Lead) -> dict[str, Any]:
    """Beside the facts: the score with its parts, what the lead did, what may be done with it."""
    user = request.user
    changes = access.may(user, "change", lead)
    made = lead.conversions.filter(undone_at__isnull=True).first()
    fresh = made is not None and timezone.now() - made.at <= UNDO_WITHIN
    return {
        "score": score_of(lead, lead.touches.all(), timezone.now()),
        "touches": list(lead.touches.all()[:10]),
        "moves": MOVES[lead.status] if changes else (),
        "may_convert": changes and lead.is_open and access.has_verb(user, "add", Customer),
        "may_undo": fresh and is_administrator(user),
        "customer_seen": lead.customer is not None and access.may(user, "view", lead.customer),
        **_middle(request, lead),
    }


def opportunity_context(request: HttpRequest, opportunity: Opportunity) -> dict[str, Any]:
    """Beside the facts: the path of stages with the days in each, and the people it is made with."""
    stays = list(opportunity.history.select_related("stage").order_by("entered_at", "pk"))
    return {
        "stages": stages_of(opportunity.pipeline),
        "stays": stays,
        "customer_seen": access.may(request.user, "view", opportunity.customer),
        **_middle(request, opportunity),
    }


def _middle(request: HttpRequest, record: Lead | Opportunity) -> dict[str, Any]:
    """The composer and the timeline; regions that htmx renews come without them."""
    if request.GET.get("part"):
        return {}
    return timeline_context(request, record) | composer_context(request, record) | {"customer": record}


LEAD_PAGE = RecordPage(
    listing=LEADS,
    queryset=lead_record,
    form=LeadForm,
    update=services.update_lead,
    template="sales/lead_detail.html",
    parts={name: f"sales/_lead_{name}.html" for name in ("identity", "left", "right")},
    context=lead_context,
    facts=(
        "company", "title", "phone", "email", "wechat", "source", "last_source", "industry", "region", "size", "website",
        "channel", "campaign", "external_id",
    ),
    always=frozenset({"phone", "email", "source"}),
)  # fmt: skip

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
