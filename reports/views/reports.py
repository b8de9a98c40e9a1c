"""The reports there are, each as a page and as a file."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.events.actor import actor_of
from crm.identity.access import has_verb
from crm.listing.selection import BadQuery
from reports import files
from reports.asked import Asked, ask
from reports.declare import REPORTS, Report, reports_for
from reports.declared.forecast import FORECAST
from reports.models import Quota
from reports.shown import page_context


@login_required
@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """Which reports somebody may read."""
    context = {
        "reports": reports_for(request.user),
        "forecast": FORECAST.offered(request.user),
        "targets": has_verb(request.user, "view", Quota),
    }
    return render(request, "reports/list.html", context)


@login_required
@require_safe
def report_detail(request: HttpRequest, slug: str) -> HttpResponseBase:
    """One report: filters, chart, table; `?export=` gives the same numbers as a file."""

    def show(asked: Asked) -> HttpResponseBase:
        if file_format := request.GET.get("export", ""):
            if file_format not in files.FORMATS:
                raise BadRequest
            return files.respond(request, asked, file_format, actor_of(request))
        return render(request, "reports/detail.html", page_context(asked, asked.report.build(asked)))

    return answer(request, slug, request.GET, show)


def answer(
    request: HttpRequest, slug: str, query: QueryDict, show: Callable[[Asked], HttpResponseBase]
) -> HttpResponseBase:
    """Answer what a report is asked; what it cannot be asked is a 400 that says why."""
    report = report_or_404(request.user, slug)
    try:
        asked = ask(report, request.user, query)
    except BadQuery as error:
        context = {"report": report, "errors": error.errors}
        return render(request, "reports/bad_query.html", context, status=400)
    return show(asked)


def answer_forecast(request: HttpRequest, show: Callable[[Asked], HttpResponseBase]) -> HttpResponseBase:
    """Answer a page about the forecast, which has its own way of telling people apart."""
    query = request.GET.copy()
    query.pop("group", None)
    return answer(request, FORECAST.slug, query, show)


def report_or_404(user: Any, slug: str) -> Report:
    """The report of that name: 404 where there is none, 403 where the role may not read it."""
    report = REPORTS.get(slug)
    if report is None:
        raise Http404
    if not report.offered(user):
        raise PermissionDenied
    return report
