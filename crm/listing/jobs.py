"""A person's background jobs: progress, Stop, Undo. Nobody else's, whatever the role."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from crm.core.writes import RuleBroken
from crm.identity.access import get_visible_or_404
from crm.listing import bulk
from crm.records.models import BackgroundJob
from crm.records.services import jobs


@login_required
@require_safe
def job_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One job as a card that polls itself, or as a page."""
    return _card(request, get_visible_or_404(BackgroundJob, request.user, pk))


@login_required
@require_POST
def job_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a running job to stop after its present batch."""
    job = get_visible_or_404(BackgroundJob, request.user, pk)
    jobs.stop(job)
    job.refresh_from_db()
    return _card(request, job) if request.htmx else redirect(job)


@login_required
@require_POST
def job_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a small run back."""
    job = get_visible_or_404(BackgroundJob, request.user, pk)
    try:
        bulk.undo(job)
        text, kind = bulk.undone_words(job), "ok"
    except RuleBroken as error:
        text, kind = str(error), "bad"
    if request.htmx:
        return HttpResponse(
            status=204,
            headers={"HX-Trigger": json.dumps({"toast": {"text": text, "kind": kind}, "listChanged": True})},
        )
    (messages.success if kind == "ok" else messages.error)(request, text)
    return redirect(bulk.listing_of(job.params["listing"]).url())


def _card(request: HttpRequest, job: BackgroundJob) -> HttpResponse:
    template = "listing/_job.html" if request.htmx else "listing/job.html"
    back = bulk.listing_of(job.params["listing"]).url() if job.kind == bulk.KIND else ""
    response = render(request, template, {"job": job, "may_undo": bulk.may_undo(job), "back_url": back})
    if request.htmx and not job.is_open:
        response["HX-Trigger"] = json.dumps({"listChanged": True})
    return response
