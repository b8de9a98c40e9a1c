"""Exports made in the background: asked for, watched, fetched by the person who asked."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.approvals.queries import requests_for
from crm.console.views.guards import confirmed
from crm.core.writes import RuleBroken
from crm.events.actor import Actor, actor_of
from crm.identity.access import get_visible_or_404
from crm.listing.exporting import approval, jobs
from crm.listing.once import once
from crm.records.models import ExportJob


@login_required
@confirmed
@require_POST
@once
def export_new(request: HttpRequest) -> HttpResponse:
    """Have a long list prepared as a file; with `approval` ask for one that is longer than one's role may take out."""
    name = request.POST.get("resource", "")
    page = jobs.list_page_of(name)
    if page is None:
        raise Http404
    ask = approval.ask_for if request.POST.get("approval") else jobs.request_export
    try:
        job = ask(
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
        "approval": requests_for(job).first() if job.is_for_once or job.state != job.State.DONE else None,
    }
    return render(request, "imports/_export.html" if request.htmx else "imports/export.html", context)


@login_required
@require_POST
def export_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop making the file."""
    job = get_visible_or_404(ExportJob, request.user, pk)
    try:
        jobs.stop_export(job, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
    return redirect("export_detail", pk=job.pk)


@login_required
@require_http_methods(["GET", "POST"])
def export_download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file, for nobody but the person who asked for it; one that was approved by POST, a single time."""
    job = get_visible_or_404(ExportJob, request.user, pk)
    if not job.is_for_once:
        return download(job)
    if request.method == "GET":
        return redirect("export_detail", pk=job.pk)
    try:
        return download_once(job, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
        return redirect("export_detail", pk=job.pk)


def download_once(job: ExportJob, *, actor: Actor) -> HttpResponseBase:
    """The file of an approved export, the first time it is asked for."""
    available(job)
    approval.take(job, actor=actor)
    return download(job)


def available(job: ExportJob) -> None:
    """Answer 404 for a file that is not there, or no longer."""
    if not job.file or job.state != ExportJob.State.DONE or job.has_expired:
        raise Http404


def download(job: ExportJob) -> HttpResponseBase:
    """The file of a finished export as a download."""
    available(job)
    response = FileResponse(job.file.open("rb"), as_attachment=True, filename=job.file_name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
