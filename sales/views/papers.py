"""What quotes and orders have in common: how a new one begins, and how it is taken out as PDF."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from accounts.views.customers import customer_named
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access, fields
from crm.listing.answers import by_form, refused
from crm.listing.record import RecordPage
from sales.forms.orders import NewOrderForm
from sales.forms.quotes import NewQuoteForm
from sales.models import Opportunity, Order, Quote


def new_paper(
    request: HttpRequest,
    page: RecordPage,
    form_class: type[NewQuoteForm | NewOrderForm],
    create: Callable[..., Quote | Order],
    heading: str,
    said: Callable[[Any], str],
) -> HttpResponse:
    """Begin a quote or an order: for whom and about which deal; its lines follow on the next page."""
    access.require_verb(request.user, "add", page.model)
    deal = opportunity_named(request)
    customer = deal.customer if deal else customer_named(request)
    form = form_class(
        request.POST or None,
        user=request.user,
        customer=customer,
        initial={"customer": customer, "opportunity": deal, "contact": deal and deal.contact_id},
    )
    return by_form(
        request,
        form,
        lambda: create(
            form.cleaned_data["customer"], actor=actor_of(request), owner=request.user, **form.values()
        ),
        said,
        heading=heading,
        back=deal.get_absolute_url() if deal else page.listing.url(),
        body="sales/_of_customer.html",
        submit=_("Go on to the lines"),
        asks=request.POST.get("do") == "customer",
        go=lambda made: page.url("lines", made.pk),
    )


def opportunity_named(request: HttpRequest) -> Opportunity | None:
    """The deal an address names, if one may see it."""
    wanted = request.GET.get("opportunity", "")
    if not wanted.isdecimal() or len(wanted) > 18:
        return None
    return access.visible(Opportunity, request.user).filter(pk=wanted).select_related("customer").first()


def pdf_of(
    request: HttpRequest, paper: Quote | Order, make: Callable[[Any], bytes], note: Callable[..., None]
) -> HttpResponse:
    """A quote or an order as PDF, for who may read its lines and their prices; `note` keeps in the audit log that it was
    taken out."""
    access.require_verb(request.user, "view", type(paper).lines.rel.related_model)
    if fields.closed(request.user, type(paper)):
        raise PermissionDenied
    try:
        content = make(paper)
    except RuleBroken as error:
        return refused(request, paper.get_absolute_url(), str(error))
    note(paper, actor=actor_of(request))
    return pdf_answer(content, paper.label if isinstance(paper, Quote) else paper.number)


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    """A PDF to keep."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.pdf")
    return response
