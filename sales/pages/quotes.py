"""The page of a quote."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.queries.timeline import history
from crm.approvals.queries.pending import pending_for
from crm.core.clock import company_today
from crm.identity import access
from crm.identity import services as identity
from crm.listing.record import RecordPage
from sales import services
from sales.forms.quotes import QuoteForm
from sales.listings.quotes import QUOTE_BIN, QUOTES, STATUS_KINDS
from sales.models import Order, OrderStatus, Quote, QuoteLine, QuoteStatus
from sales.queries.quotes import open_link, quote_record, versions_of
from sales.services.quote_answers import needs_approval, token_of

HISTORY = 12


def quote_context(request: HttpRequest, quote: Quote, may: dict[str, bool]) -> dict[str, Any]:
    """Beside the facts: its lines with totals, versions, the customer's link, what became of it, what may be done."""
    user = request.user
    link = open_link(quote) if may["change"] else None
    orders = quote.orders.exclude(status=OrderStatus.VOIDED)
    return {
        "lines": list(quote.lines.select_related("product"))
        if access.has_verb(user, "view", QuoteLine)
        else [],
        "lines_seen": access.has_verb(user, "view", QuoteLine),
        "versions": list(access.narrow(versions_of(quote), user)),
        "status_kind": STATUS_KINDS.get(QuoteStatus(quote.status), ""),
        "expired": quote.is_expired(company_today()),
        "approval_begun": pending_for(quote) is not None,
        "needs_approval": quote.is_draft and needs_approval(quote),
        "link": link,
        "link_url": public_url(token) if link and (token := token_of(link)) else "",
        "orders": list(access.noting(orders, user, "view", "seen")),
        "may_order": access.has_verb(user, "add", Order),
        "may_copy": access.has_verb(user, "add", Quote),
        "customer_seen": access.may(user, "view", quote.customer),
        "opportunity_seen": quote.opportunity is not None and access.may(user, "view", quote.opportunity),
        "history": history(request.user, quote, HISTORY),
    }


def public_url(token: str) -> str:
    """The address a customer gets."""
    return f"{settings.BASE_URL}{reverse('public_quote', args=[token])}"


QUOTE_PAGE = RecordPage(
    listing=QUOTES,
    queryset=quote_record,
    form=QuoteForm,
    update=services.update_quote,
    template="sales/quote_detail.html",
    parts={name: f"sales/_quote_{name}.html" for name in ("identity", "left", "middle", "right")},
    context=quote_context,
    transfer=identity.assign,
    delete=services.delete_quote,
    restore=services.restore_quote,
    bin=QUOTE_BIN,
    facts=(
        "name", "contact", "opportunity", "valid_until", "price_book", "currency", "tax_included", "language",
        "payment_terms", "delivery_terms", "note",
    ),
    always=frozenset({"contact", "valid_until", "payment_terms"}),
    settled=lambda quote, _name: not quote.is_draft,
)  # fmt: skip
