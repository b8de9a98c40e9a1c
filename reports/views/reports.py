"""The reports there are, each as a page and as a file."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.events.actor import actor_of
from crm.identity.access import has_verb
from crm.listing.selection import BadQuery
from reports import files
from reports.asked import ask
from reports.declare import REPORTS, Report, reports_for
from reports.models import Quota
from reports.shown import page_context


@login_required
@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """Which reports somebody may read."""
    context = {"reports": reports_for(request.user), "targets": has_verb(request.user, "view", Quota)}
    return render(request, "reports/list.html", context)


@login_required
@require_safe
def report_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One report: filters, chart, table; `?export=` gives the same numbers as a file."""
    report = report_or_404(request.user, slug)
    try:
        asked = ask(report, request.user, request.GET)
    except BadQuery as error:
        return render(
            request, "reports/bad_query.html", {"report": report, "errors": error.errors}, status=400
        )
    if file_format := request.GET.get("export", ""):
        if file_format not in files.FORMATS:
            raise BadRequest
        return files.respond(request, asked, file_format, actor_of(request))
    return render(request, "reports/detail.html", page_context(asked, report.build(asked)))


def report_or_404(user: Any, slug: str) -> Report:
    """The report of that name: 404 where there is none, 403 where the role may not read it."""
    report = REPORTS.get(slug)
    if report is None:
        raise Http404
    if not report.offered(user):
        raise PermissionDenied
    return report
