"""The settings of pipelines and their stages, for administrators."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.console.views.guards import administrators_only
from crm.console.views.panels import add_rule, done, form_panel
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import get_visible_or_404, visible
from crm.identity.models import Team
from crm.listing.once import once
from sales.forms.pipelines import DeleteStageForm, EditPipelineForm, NewPipelineForm, StageForm
from sales.models import Pipeline, Stage
from sales.queries.pipelines import deals_in, other_stages, pipelines_with_stages
from sales.queries.stages import open_stages
from sales.services import pipelines as services
from sales.services.stages import field_label


@administrators_only
@require_GET
def pipelines(request: HttpRequest) -> HttpResponse:
    """All pipelines with their stages."""
    rows = list(pipelines_with_stages(request.user))
    for pipeline in rows:
        for stage in pipeline.stages_in_use:
            stage.asked = [field_label(name) for name in stage.asks]
    return render(request, "sales/settings/pipelines.html", {"pipelines": rows})


@administrators_only
@require_http_methods(["GET", "POST"])
@once
def pipeline_add(request: HttpRequest) -> HttpResponse:
    """Add a pipeline."""
    form = NewPipelineForm(
        request.POST or None,
        user=request.user,
        teams=visible(Team, request.user),
        pipelines=visible(Pipeline, request.user),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.create_pipeline(actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            add_rule(form, error)
        else:
            return done(request, reverse("pipelines"))
    return _panel(request, form, _("New pipeline"), _("Add"))


@administrators_only
@require_http_methods(["GET", "POST"])
def pipeline_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a pipeline, say who sells through it, switch it off."""
    pipeline = get_visible_or_404(Pipeline, request.user, pk)
    initial = {name: getattr(pipeline, name) for name in ("name", "name_en", "is_default", "is_active")}
    form = EditPipelineForm(
        request.POST or None,
        user=request.user,
        teams=visible(Team, request.user),
        initial=initial | {"teams": pipeline.teams.all()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.update_pipeline(pipeline, actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            add_rule(form, error)
        else:
            return done(request, reverse("pipelines"))
    return _panel(request, form, str(pipeline), _("Save"))


@administrators_only
@require_POST
def pipeline_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take away a pipeline no deal ever went through."""
    pipeline = get_visible_or_404(Pipeline, request.user, pk)
    try:
        services.delete_pipeline(pipeline, actor=actor_of(request))
        messages.success(request, _("%(name)s is deleted.") % {"name": pipeline})
    except RuleBroken as error:
        messages.error(request, str(error))
    return redirect("pipelines")


@administrators_only
@require_http_methods(["GET", "POST"])
@once
def stage_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a stage to a pipeline."""
    pipeline = get_visible_or_404(Pipeline, request.user, pk)
    form = StageForm(request.POST or None, user=request.user, initial={"probability": 30})
    if request.method == "POST" and form.is_valid():
        try:
            services.create_stage(pipeline, actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            add_rule(form, error)
        else:
            return done(request, reverse("pipelines"))
    return _panel(request, form, _("New stage in %(name)s") % {"name": pipeline}, _("Add"))


@administrators_only
@require_http_methods(["GET", "POST"])
def stage_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a stage."""
    stage = get_visible_or_404(Stage, request.user, pk)
    initial = {name: getattr(stage, name) for name in services.OF_STAGE}
    form = StageForm(request.POST or None, user=request.user, stage=stage, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_stage(stage, actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            add_rule(form, error)
        else:
            return done(request, reverse("pipelines"))
    return _panel(request, form, str(stage), _("Save"))


@administrators_only
@require_http_methods(["GET", "POST"])
def stage_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a stage away; where deals stand in it, ask where they go."""
    stage = get_visible_or_404(Stage, request.user, pk)
    held = deals_in(stage)
    form = DeleteStageForm(request.POST or None, others=other_stages(stage), asks=bool(held))
    if request.method == "POST" and form.is_valid():
        try:
            services.delete_stage(stage, actor=actor_of(request), to=form.cleaned_data.get("to"))
        except RuleBroken as error:
            add_rule(form, error)
        else:
            return done(request, reverse("pipelines"))
    words = ngettext("%(count)d deal stands in this stage.", "%(count)d deals stand in this stage.", held)
    intro = (
        words % {"count": held} if held else _("No deal stands in this stage. Its history stays readable.")
    )
    title = _("Delete the stage %(name)s?") % {"name": stage}
    return _panel(request, form, title, _("Delete"), intro=intro, danger=True)


@administrators_only
@require_POST
def stage_place(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a stage one place up or down among the open ones."""
    stage = get_visible_or_404(Stage, request.user, pk)
    ids = [one.pk for one in open_stages([stage.pipeline_id])]
    step = -1 if request.POST.get("to") == "up" else 1
    if stage.pk in ids and 0 <= (target := ids.index(stage.pk) + step) < len(ids):
        ids.remove(stage.pk)
        ids.insert(target, stage.pk)
        services.order_stages(stage.pipeline, ids, actor=actor_of(request))
    return redirect("pipelines")


def _panel(request: HttpRequest, form: forms.Form, title: str, submit: str, **context: Any) -> HttpResponse:
    return form_panel(
        request,
        form,
        title=title,
        action=request.get_full_path(),
        submit=submit,
        back=reverse("pipelines"),
        **context,
    )
