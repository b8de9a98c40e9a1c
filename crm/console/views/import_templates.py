"""Mappings under a name: kept, used again, shared, deleted."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import get_visible_or_404
from crm.listing.importing import jobs, templates
from crm.records.models import ImportJob, ImportTemplate


@login_required
@require_POST
def import_template_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Assign the columns of an import by a template, or as in one's last import."""
    job = get_visible_or_404(ImportJob, request.user, pk)
    wanted = request.POST.get("template", "")
    try:
        if wanted == "last":
            templates.use_mapping(job, templates.last_mapping(job, jobs.resource_for(job)))
        else:
            found = templates.templates_for(request.user, job.resource)
            template = (
                found.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 10 else None
            )
            if template is None:
                raise Http404
            templates.use_mapping(job, template.mapping, key=template.key, mode=template.mode)
    except RuleBroken as error:
        messages.error(request, str(error))
    return redirect("import_detail", pk=job.pk)


@login_required
@require_POST
def import_template_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the mapping of an import under a name."""
    job = get_visible_or_404(ImportJob, request.user, pk)
    try:
        template = templates.save_template(
            request.user,
            resource=job.resource,
            name=request.POST.get("name", ""),
            mapping=job.mapping,
            key=job.key,
            mode=job.mode,
            is_shared="shared" in request.POST,
            actor=actor_of(request),
        )
        messages.success(request, _("Saved as template “%(name)s”.") % {"name": template})
    except RuleBroken as error:
        messages.error(request, str(error))
    return redirect("import_detail", pk=job.pk)


@login_required
@require_POST
def import_template_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one's own template."""
    template = get_visible_or_404(ImportTemplate, request.user, pk)
    templates.delete_template(template, actor=actor_of(request))
    messages.success(request, _("The template was deleted."))
    return redirect("import_new")
