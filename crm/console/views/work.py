"""One's own background work: imports, exports and bulk changes on one page."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.identity import access
from crm.listing.exporting.jobs import list_page_of
from crm.listing.importing.registry import importable_by, resource_of
from crm.records.models import BackgroundJob, ExportJob, ImportJob

SHOWN = 20


@login_required
@require_safe
def my_work(request: HttpRequest) -> HttpResponse:
    """The last imports, exports and bulk changes somebody started; the page renews itself while one is running."""
    user = request.user
    imports = list(access.visible(ImportJob, user).defer("columns", "sheets", "mapping")[:SHOWN])
    exports = list(access.visible(ExportJob, user)[:SHOWN])
    changes = list(access.visible(BackgroundJob, user).defer("failures", "params", "undo")[:SHOWN])
    context: dict[str, Any] = {
        "imports": [{"job": job, "what": _noun(job.resource)} for job in imports],
        "exports": [{"job": job, "what": _title(job.resource)} for job in exports],
        "changes": changes,
        "may_import": bool(importable_by(user)),
        "busy": any(job.is_active for job in (*imports, *exports)) or any(job.is_open for job in changes),
    }
    return render(request, "imports/_work.html" if request.htmx else "imports/work.html", context)


def _noun(slug: str) -> str:
    resource = resource_of(slug)
    return str(resource.noun) if resource else slug


def _title(name: str) -> str:
    page = list_page_of(name)
    return str(page.title) if page else name
