"""A quote as its customer sees it: by a link nobody can guess, to look at, keep, accept or decline."""

from typing import Any

from allauth.core.ratelimit import consume_or_429
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from crm.core.clock import company_today
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from sales import services
from sales.forms.quotes import PublicAnswerForm
from sales.models import QuoteLink, QuoteStatus
from sales.rules.quoting import by_rate
from sales.services.documents import letterhead, quote_pdf
from sales.services.quote_answers import link_by_token
from sales.views.papers import pdf_answer


def _link(token: str) -> QuoteLink:
    link = link_by_token(token)
    if link is None:
        raise Http404
    return link


def _customer(link: QuoteLink) -> Actor:
    """Whoever holds the link acts as the customer; nobody has signed in."""
    return Actor("system", "customer", link.quote.customer.name, None, "link")


def _guarded(response: HttpResponse) -> HttpResponse:
    """The address is the key: it goes to no other site, into no cache and into no search engine.

    Not even to ourselves would make browsers post the answer without an origin, which the CSRF check refuses.
    """
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def public_quote(request: HttpRequest, token: str) -> HttpResponse:
    """Look at a quote, and answer it."""
    if limited := consume_or_429(request, action="public_quote", limit_get=True):
        return _guarded(limited)
    link = _link(token)
    with translation.override(link.quote.language):
        return _guarded(_answered(request, link, token))


def _answered(request: HttpRequest, link: QuoteLink, token: str) -> HttpResponse:
    quote = link.quote
    actor = _customer(link)
    form = PublicAnswerForm(request.POST or None)
    note, status = "", 200
    if request.method == "POST":
        if form.is_valid():
            values = form.cleaned_data
            try:
                if values["answer"] == "accept":
                    services.accept_quote(
                        quote, by=values["by"], note=values["note"], consent=consent_text(), actor=actor
                    )
                else:
                    services.decline_quote(quote, by=values["by"], note=values["note"], actor=actor)
            except RuleBroken as error:
                note, status = str(error), 422
            else:
                return redirect("public_quote", token)
        else:
            status = 422
    elif not request.user.is_authenticated:  # a colleague who tries the link is not the customer
        quote = services.note_view(link, actor=actor)
    lines = list(quote.lines.select_related("product"))
    head = letterhead()
    context: dict[str, Any] = {
        "quote": quote,
        "lines": lines,
        "discounted": any(line.discount for line in lines),
        "rates": by_rate(lines),
        "head": head,
        "company_name": head.legal_name,
        "form": form,
        "note": note,
        "token": token,
        "consent": consent_text(),
        "open": quote.status == QuoteStatus.SENT and not quote.is_expired(company_today()),
        "expired": quote.status == QuoteStatus.EXPIRED or quote.is_expired(company_today()),
    }
    return render(request, "sales/public_quote.html", context, status=status)


def consent_text() -> str:
    """What a customer agrees to, in the company's words or ours."""
    return letterhead().consent_text or _("I accept this quote on behalf of my company.")


@never_cache
@require_GET
def public_quote_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The quote as PDF, to keep."""
    for action in ("public_quote", "public_quote_pdf"):
        if limited := consume_or_429(request, action=action, limit_get=True):
            return _guarded(limited)
    link = _link(token)
    try:
        content = quote_pdf(link.quote)
    except RuleBroken as error:
        raise Http404 from error
    return _guarded(pdf_answer(content, link.quote.label))
