"""What is done to quotes beside editing them in place: made, written line by line, sent, answered, revised, ordered."""

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import by_button, by_form
from crm.listing.once import once
from sales import services
from sales.forms.quotes import AnswerForm, NewQuoteForm, OrderOfQuoteForm, SendForm
from sales.models import Order, Quote
from sales.pages.quotes import QUOTE_PAGE
from sales.services import documents
from sales.services.quote_mail import default_words, mail_quote
from sales.views.line_editor import LineEditor
from sales.views.papers import new_paper, pdf_of

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


@login_required
@require_http_methods(["GET", "POST"])
@once
def quote_create(request: HttpRequest) -> HttpResponse:
    """A new quote: for whom and about which deal; its lines follow on the next page."""
    return new_paper(
        request,
        QUOTE_PAGE,
        NewQuoteForm,
        services.create_quote,
        _("New quote"),
        lambda quote: _("%(quote)s is made.") % {"quote": quote},
    )


@login_required
@require_http_methods(["GET", "POST"])
def quote_send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a quote: freeze it, open its link and mail it."""
    quote = QUOTE_PAGE.record(request, pk, "change")
    initial = {
        "to": quote.sent_to or (quote.contact.email if quote.contact else ""),
        "message": default_words(quote),
    }
    form = SendForm(request.POST or None, user=request.user, initial=initial)

    @transaction.atomic
    def send() -> None:
        given = form.cleaned_data
        link = services.send_quote(quote, actor=actor_of(request), to=given["to"], expires=given["expires"])
        if given["to"]:
            mail_quote(link, to=given["to"], words=given["message"])

    return by_form(
        request,
        form,
        send,
        _("%(quote)s is sent.") % {"quote": quote},
        heading=_("Send %(quote)s") % {"quote": quote},
        back=quote.get_absolute_url(),
        submit=_("Send"),
        note=_("What is sent is frozen. A later change becomes a new version."),
        go=lambda _sent: quote.get_absolute_url(),
    )


@login_required
@require_http_methods(["GET", "POST"])
def quote_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Note what the customer answered by phone or on paper."""
    quote = QUOTE_PAGE.record(request, pk, "change")
    initial = {"by": quote.contact.name if quote.contact else ""}
    form = AnswerForm(request.POST or None, user=request.user, initial=initial)

    def answer() -> Quote:
        said = dict(form.cleaned_data)
        service = services.accept_quote if said.pop("answer") == "accept" else services.decline_quote
        return service(quote, actor=actor_of(request), **said)

    return by_form(
        request,
        form,
        answer,
        lambda made: _("%(quote)s: %(status)s") % {"quote": made, "status": made.get_status_display()},
        heading=_("What did the customer say to %(quote)s?") % {"quote": quote},
        back=quote.get_absolute_url(),
        submit=_("Save"),
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
    quote = QUOTE_PAGE.record(request, pk, "change")
    access.require_verb(request.user, "add", Order)
    form = OrderOfQuoteForm(request.POST or None, user=request.user)
    return by_form(
        request,
        form,
        lambda: services.order_from_quote(
            quote, actor=actor_of(request), owner=quote.owner or request.user, **form.cleaned_data
        ),
        lambda order: _("%(number)s is made.") % {"number": order.number},
        heading=_("Make %(quote)s a contract or order") % {"quote": quote},
        back=quote.get_absolute_url(),
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
@require_GET
def quote_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """A quote as PDF, in its own language; the audit log keeps that it was taken out."""
    return pdf_of(request, QUOTE_PAGE.record(request, pk), documents.quote_pdf, documents.record_quote_print)
