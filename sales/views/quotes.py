"""What is done to quotes beside editing them in place: made, written line by line, sent, answered, revised, ordered."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Customer
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import attempt, done, show_form
from crm.listing.once import once
from sales import services
from sales.forms.quotes import AnswerForm, GiveForm, NewQuoteForm, OrderOfQuoteForm, SendForm
from sales.models import Opportunity, Order, Quote
from sales.pages.quotes import QUOTE_PAGE
from sales.queries.quotes import quote_bin
from sales.services.documents import quote_pdf as pdf_of_quote
from sales.services.documents import record_quote_print
from sales.services.quote_mail import default_words, mail_quote
from sales.views.line_editor import LineEditor
from sales.views.verbs import by_button, by_form

quote_lines = login_required(
    require_http_methods(["GET", "POST"])(
        LineEditor(
            page=QUOTE_PAGE,
            save=lambda record, lines, **how: services.update_quote(record, lines=lines, **how),
            is_open=lambda record: record.is_draft,
            book=lambda record: record.price_book,
        )
    )
)


def customer_named(request: HttpRequest) -> Customer | None:
    """The customer an address or a form names, if one may see it."""
    wanted = request.POST.get("customer") or request.GET.get("customer") or ""
    if not wanted.isdecimal() or len(wanted) > 18:
        return None
    return access.visible(Customer, request.user).filter(pk=wanted, deleted_at__isnull=True).first()


def opportunity_named(request: HttpRequest) -> Opportunity | None:
    """The deal an address names, if one may see it."""
    wanted = request.GET.get("opportunity", "")
    if not wanted.isdecimal() or len(wanted) > 18:
        return None
    return access.visible(Opportunity, request.user).filter(pk=wanted).select_related("customer").first()


@login_required
@require_http_methods(["GET", "POST"])
@once
def quote_create(request: HttpRequest) -> HttpResponse:
    """A new quote: for whom and about which deal; its lines follow on the next page."""
    access.require_verb(request.user, "add", Quote)
    deal = opportunity_named(request)
    customer = deal.customer if deal else customer_named(request)
    form = NewQuoteForm(
        request.POST or None,
        user=request.user,
        customer=customer,
        initial={"customer": customer, "opportunity": deal, "contact": deal and deal.contact_id},
    )

    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(
            request,
            form,
            heading=_("New quote"),
            back=deal.get_absolute_url() if deal else reverse("quote_list"),
            body="sales/_of_customer.html",
            submit=_("Go on to the lines"),
            status=status,
            **context,
        )

    if request.method == "GET" or request.POST.get("do") == "customer":
        return show()
    if not form.is_valid():
        return show(422)
    quote, answer = attempt(
        form,
        lambda: services.create_quote(
            form.cleaned_data["customer"], actor=actor_of(request), owner=request.user, **form.values()
        ),
        show,
    )
    if answer is not None:
        return answer
    url = reverse("quote_lines", args=[quote.pk])
    return done(request, url, _("%(quote)s is made.") % {"quote": quote}, go=True)


@login_required
@require_http_methods(["GET", "POST"])
def quote_send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a quote: freeze it, open its link and mail it."""

    @transaction.atomic
    def send(quote: Quote, values: dict[str, Any]) -> Quote:
        actor = actor_of(request)
        link = services.send_quote(quote, actor=actor, to=values["to"], expires=values["expires"])
        if values["to"]:
            mail_quote(link, to=values["to"], words=values["message"])
        return quote

    return by_form(
        request,
        QUOTE_PAGE,
        pk,
        SendForm,
        send,
        lambda quote: _("%(quote)s is sent.") % {"quote": quote},
        heading=lambda quote: _("Send %(quote)s") % {"quote": quote},
        submit=_("Send"),
        note=_("What is sent is frozen. A later change becomes a new version."),
        initial=lambda quote: {
            "to": quote.sent_to or (quote.contact.email if quote.contact else ""),
            "message": default_words(quote),
        },
        go=lambda quote: quote.get_absolute_url(),
    )


@login_required
@require_http_methods(["GET", "POST"])
def quote_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Note what the customer answered by phone or on paper."""

    def answer(quote: Quote, values: dict[str, Any]) -> Quote:
        said = {"by": values["by"], "note": values["note"], "actor": actor_of(request)}
        if values["answer"] == "accept":
            return services.accept_quote(quote, **said)
        return services.decline_quote(quote, **said)

    return by_form(
        request,
        QUOTE_PAGE,
        pk,
        AnswerForm,
        answer,
        lambda quote: _("%(quote)s: %(status)s") % {"quote": quote, "status": quote.get_status_display()},
        heading=lambda quote: _("What did the customer say to %(quote)s?") % {"quote": quote},
        submit=_("Save"),
        initial=lambda quote: {"by": quote.contact.name if quote.contact else ""},
    )


@login_required
@require_POST
def quote_revise(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the next version of a sent quote."""
    quote = QUOTE_PAGE.record(request, pk, "change")
    return by_button(
        request,
        quote,
        lambda: services.revise_quote(quote, actor=actor_of(request)),
        lambda made: _("%(quote)s is a draft now.") % {"quote": made},
        go=True,
    )


@login_required
@require_POST
def quote_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an approved quote that was not sent a draft again."""
    quote = QUOTE_PAGE.record(request, pk, "change")
    return by_button(
        request,
        quote,
        lambda: services.reopen_approved(quote, actor=actor_of(request)),
        lambda made: _("%(quote)s is a draft now.") % {"quote": made},
    )


@login_required
@require_POST
@once
def quote_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """A new quote with the same lines."""
    quote = QUOTE_PAGE.record(request, pk)
    access.require_verb(request.user, "add", Quote)
    return by_button(
        request,
        quote,
        lambda: services.copy_quote(quote, actor=actor_of(request), owner=request.user),
        lambda made: _("%(quote)s is made.") % {"quote": made},
        go=True,
    )


@login_required
@require_http_methods(["GET", "POST"])
def quote_order(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an accepted quote an order or contract."""
    QUOTE_PAGE.record(request, pk, "change")
    access.require_verb(request.user, "add", Order)
    return by_form(
        request,
        QUOTE_PAGE,
        pk,
        OrderOfQuoteForm,
        lambda quote, values: services.order_from_quote(
            quote, actor=actor_of(request), owner=quote.owner or request.user, kind=values["kind"]
        ),
        lambda order: _("%(number)s is made.") % {"number": order.number},
        heading=lambda quote: _("Make %(quote)s a contract or order") % {"quote": quote},
        submit=_("Make it"),
        go=lambda order: order.get_absolute_url(),
    )


@login_required
@require_POST
def quote_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw the customer's link."""
    quote = QUOTE_PAGE.record(request, pk, "change")

    def revoke() -> Quote:
        services.revoke_link(quote, actor=actor_of(request))
        return quote

    return by_button(request, quote, revoke, lambda made: _("The link is withdrawn."))


@login_required
@require_http_methods(["GET", "POST"])
def quote_transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a quote to a colleague."""

    def give(quote: Quote, values: dict[str, Any]) -> Quote:
        services.transfer_quotes([quote], owner=values["owner"], actor=actor_of(request))
        return quote

    return by_form(
        request,
        QUOTE_PAGE,
        pk,
        GiveForm,
        give,
        lambda quote: _("%(name)s has a new owner.") % {"name": quote},
        heading=lambda quote: _("Transfer %(name)s") % {"name": quote},
        submit=_("Transfer"),
        verb="transfer",
        go=lambda quote: reverse("quote_list"),
    )


@login_required
@require_http_methods(["GET", "POST"])
def quote_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a draft to the bin."""
    return by_form(
        request,
        QUOTE_PAGE,
        pk,
        None,
        lambda quote, values: services.delete_quote(quote, actor=actor_of(request)),
        lambda quote: _("%(name)s lies in the bin for 30 days.") % {"name": quote},
        heading=lambda quote: _("Delete %(name)s?") % {"name": quote},
        submit=_("Delete"),
        verb="delete",
        danger=True,
        body="sales/_to_bin.html",
        go=lambda quote: reverse("quote_list"),
    )


@login_required
@require_http_methods(["GET", "POST"])
def quote_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a quote out of the bin."""
    quote = get_object_or_404(access.narrow(quote_bin(), request.user, "delete"), pk=pk)
    return restore(request, quote, services.restore_quote, reverse("quote_bin_list"))


def restore(request: HttpRequest, record: Any, service: Any, back: str) -> HttpResponse:
    """Ask, and take a record out of the bin."""

    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(
            request,
            None,
            heading=_("Restore %(name)s?") % {"name": record},
            submit=_("Restore"),
            body="sales/_from_bin.html",
            back=back,
            status=status,
            record=record,
            **context,
        )

    if request.method == "GET":
        return show()
    try:
        service(record, actor=actor_of(request))
    except RuleBroken as error:
        return show(422, note=str(error))
    return done(request, record.get_absolute_url(), _("%(name)s is back.") % {"name": record}, go=True)


@login_required
@require_GET
def quote_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """A quote as PDF, in its own language; the audit log keeps that it was taken out."""
    quote = QUOTE_PAGE.record(request, pk)
    try:
        content = pdf_of_quote(quote)
    except RuleBroken as error:
        messages.error(request, str(error))
        return redirect(quote.get_absolute_url())
    record_quote_print(quote, actor=actor_of(request))
    return pdf_answer(content, f"{quote.label}.pdf")


def pdf_answer(content: bytes, name: str) -> HttpResponse:
    """A PDF to keep."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
