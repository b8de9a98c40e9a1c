"""The page of a lead."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Customer
from crm.identity import access
from crm.listing.record import RecordPage
from sales import services
from sales.forms.leads import LeadForm
from sales.listings.leads import LEADS
from sales.models import Lead
from sales.pages.middle import middle
from sales.queries.leads import lead_record
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
        "may_undo": fresh and access.is_administrator(user),
        "customer_seen": lead.customer is not None and access.may(user, "view", lead.customer),
        **middle(request, lead),
    }


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
