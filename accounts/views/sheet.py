"""A customer on paper: a page to print, and the same as PDF."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from accounts.events import CUSTOMER_EXPORTED
from accounts.models import Customer
from accounts.pages import CUSTOMER_PAGE
from accounts.queries import customers as queries
from accounts.queries import timeline as timelines
from crm.core.pdf import pdf_of
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.events.recording import EventRow, record_events
from crm.identity import access
from crm.identity.queries import company
from crm.listing.exporting.responses import ask_why, reason_of
from crm.listing.exporting.watermark import Watermark, key_of
from crm.listing.record import facts

SHOWN = 15  # follow-ups: what fits two pages and is worth reading before a visit


@login_required
@require_GET
def customer_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """What one takes along to a customer: key information, facts, people, what comes next and what was last."""
    return render(request, "accounts/customer_sheet.html", _context(request, pk))


@login_required
@require_GET
def customer_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The same sheet as PDF; like every file it says who took it out, and the audit log keeps that it was."""
    mark = Watermark.of(request.user, reason_of(request))
    context = _context(request, pk) | {"for_pdf": True, "mark": mark.line}
    customer = context["customer"]
    if (offer := ask_why(request, customer, customer.get_absolute_url())) is not None:
        return offer
    try:
        content = pdf_of(render_to_string("accounts/customer_sheet.html", context, request))
    except RuleBroken as error:
        messages.error(request, str(error))
        return redirect("customer_detail", pk)
    response = HttpResponse(content, content_type="application/pdf")
    payload = {"number": mark.number, "format": "pdf"} | ({"reason": mark.reason} if mark.reason else {})
    row = EventRow(Customer, pk, payload=payload, about=[key_of(mark.number)])
    record_events(CUSTOMER_EXPORTED, [row], actor=actor_of(request))
    response["Content-Disposition"] = content_disposition_header(True, f"{customer.name}.pdf")
    return response


def _context(request: HttpRequest, pk: int) -> dict[str, Any]:
    user = request.user
    customer = access.get_visible_or_404(Customer, user, pk, queryset=queries.customer_record())
    steps, _pinned = timelines.on_top(user, customer)
    items = timelines.timeline(user, customer).items
    return {
        "customer": customer,
        "facts": facts.shown(CUSTOMER_PAGE, customer, user),
        "people": queries.people_of(customer, user),
        "steps": steps,
        "done": [item.activity for item in items if item.activity is not None][:SHOWN],
        "company_name": str(company()),
        "printed_at": f"{user.name} · {timezone.localtime():%Y-%m-%d %H:%M}",
    }
