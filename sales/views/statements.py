"""A customer's statement of account: to look at, to send as PDF, to reckon with as workbook."""

import tempfile
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Customer
from accounts.pages import CUSTOMER_PAGE
from crm.core.clock import company_today
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import refused
from crm.listing.exporting.responses import XLSX
from crm.listing.exporting.watermark import Watermark
from crm.listing.exporting.writers import write_xlsx
from sales.forms.statements import StatementForm, this_year
from sales.models import PaymentPlan, Receipt
from sales.queries.statements import Statement, statements_of
from sales.services.documents import record_statement, statement_pdf
from sales.views.papers import pdf_answer


@login_required
@require_safe
def customer_statement(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What was charged and received between two days, and what is open; `?export=pdf|xlsx` gives it as a file."""
    customer = CUSTOMER_PAGE.record(request, pk)
    access.require_verb(request.user, "view", PaymentPlan)
    access.require_verb(request.user, "view", Receipt)
    given = {name: value for name, value in request.GET.items() if value}
    form = StatementForm(this_year(get_language() or "") | given)
    if not form.is_valid():
        return render(request, "sales/statement.html", {"customer": customer, "form": form}, status=400)
    asked = form.cleaned_data
    today = company_today()
    if request.GET.get("export") == "pdf":
        with translation.override(asked["language"]):  # the ways of payment as well
            paper = statements_of(request.user, customer, asked["first"], asked["last"], today)
        return _pdf(request, customer, paper, asked)
    found = statements_of(request.user, customer, asked["first"], asked["last"], today)
    if request.GET.get("export") == "xlsx":
        access.require_verb(request.user, "export", Receipt)
        return _workbook(request, customer, found, asked)
    context = {
        "customer": customer,
        "form": form,
        "statements": found,
        "today": today,
        "may_export": access.has_verb(request.user, "export", Receipt),
    }
    return render(request, "sales/statement.html", context)


def _pdf(
    request: HttpRequest, customer: Customer, found: list[Statement], asked: dict[str, Any]
) -> HttpResponse:
    try:
        content = statement_pdf(customer, found, **asked)
    except RuleBroken as error:
        return refused(request, customer.get_absolute_url(), str(error))
    _record(request, customer, asked, "pdf", "")
    return pdf_answer(content, _name(customer, asked))


def _workbook(
    request: HttpRequest, customer: Customer, found: list[Statement], asked: dict[str, Any]
) -> FileResponse:
    mark = Watermark.of(request.user)
    headers = [
        _("Day"), _("Contract"), _("What"), _("Charged"), _("Received"), _("Balance"), _("Currency"), mark.heading,
    ]  # fmt: skip
    target = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    write_xlsx(target, _("Statement of account"), headers, _rows(found, asked, mark), mark)
    target.seek(0)
    _record(request, customer, asked, "xlsx", mark.number)
    response = FileResponse(target, content_type=XLSX)
    name = f"{_name(customer, asked)}-{mark.number}.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _rows(found: list[Statement], asked: dict[str, Any], mark: Watermark) -> Iterator[list[Any]]:
    """The lines of each currency between what was owed before and after."""
    for one in found:
        tail = [one.currency, mark.number]
        yield [asked["first"], "", _("Brought forward"), None, None, one.account.opening, *tail]
        for line in one.account.lines:
            entry = line.entry
            paid = (entry.charged or None, entry.received or None)
            yield [entry.day, entry.number, entry.what, *paid, line.balance, *tail]
        sums = (one.account.charged, one.account.received, one.account.closing)
        yield [asked["last"], "", _("Total"), *sums, *tail]


def _name(customer: Customer, asked: dict[str, Any]) -> str:
    return f"{_('Statement of account')}-{customer.name}-{asked['last']:%Y%m%d}"


def _record(
    request: HttpRequest, customer: Customer, asked: dict[str, Any], file_format: str, number: str
) -> None:
    record_statement(
        customer,
        first=asked["first"],
        last=asked["last"],
        file_format=file_format,
        number=number,
        actor=actor_of(request),
    )
