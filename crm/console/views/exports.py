"""Exports made in the background: asked for, watched, fetched by the person who asked."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from crm.console.views.guards import confirmed
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import get_visible_or_404
from crm.listing.exporting import jobs
from crm.listing.once import once
from crm.records.models import ExportJob


@login_required
@confirmed
@require_POST
@once
def export_new(request: HttpRequest) -> HttpResponse:
    """Have a long list prepared as a file."""
    name = request.POST.get("resource", "")
    page = jobs.list_page_of(name)
    if page is None:
        raise Http404
    try:
        job = jobs.request_export(
            request.user,
            name,
            query=request.POST.get("query", ""),
            file_format=request.POST.get("format", "xlsx"),
            reason=request.POST.get("reason", ""),
            actor=actor_of(request),
        )
    except RuleBroken as error:
        messages.error(request, str(error))
        return redirect(page.url())
    return redirect("export_detail", pk=job.pk)


@login_required
@require_GET
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the file is, and the file itself once it is there."""
    job = get_visible_or_404(ExportJob, request.user, pk)
    page = jobs.list_page_of(job.resource)
    context = {
        "job": job,
        "listing": page,
        "back_url": page.url() if page else "",
        "kept_hours": settings.EXPORT_KEEP_HOURS,
    }
    return render(request, "imports/_export.html" if request.htmx else "imports/export.html", context)


@login_required
@require_POST
def export_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop making the file."""
    job = jobs.stop_export(get_visible_or_404(ExportJob, request.user, pk))
    return redirect("export_detail", pk=job.pk)


@login_required
@require_GET
def export_download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file, for nobody but the person who asked for it."""
    return download(get_visible_or_404(ExportJob, request.user, pk))


def download(job: ExportJob) -> HttpResponseBase:
    """The file of a finished export as a download."""
    if not job.file or job.state != ExportJob.State.DONE or job.has_expired:
        raise Http404
    response = FileResponse(job.file.open("rb"), as_attachment=True, filename=job.file_name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
