"""What administrators read of pipelines: all of them with their stages, and how many deals stand in each."""

from django.db import models
from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce

from crm.identity.access import visible
from crm.identity.models import User
from crm.listing.importing.mapping import header_key
from sales.models import Opportunity, OpportunityStatus, Pipeline, Stage


def pipelines_with_stages(user: User) -> models.QuerySet[Pipeline]:
    """Every pipeline with its teams and its stages in use, each stage with the number of open deals in it."""
    held = Opportunity.objects.filter(stage=OuterRef("pk"), status=OpportunityStatus.OPEN).order_by()
    count = Subquery(held.values("stage").annotate(n=Count("pk")).values("n"))
    stages = Stage.objects.filter(is_active=True).annotate(held=Coalesce(count, 0))
    rows = visible(Pipeline, user).prefetch_related(
        "teams", Prefetch("stages", stages.order_by("position", "pk"), to_attr="stages_in_use")
    )
    return rows.order_by("position", "pk")


def stages_named(user: User) -> dict[str, Stage]:
    """The stages in use by either name, as sheets write them; those of the default pipeline before others."""
    rows = Stage.objects.filter(is_active=True, pipeline__in=visible(Pipeline, user).filter(is_active=True))
    found: dict[str, Stage] = {}
    ordered = rows.select_related("pipeline").order_by(
        "-pipeline__is_default", "pipeline__position", "position"
    )
    for stage in ordered:
        for name in filter(None, (stage.name, stage.name_en)):
            found.setdefault(header_key(name), stage)
    return found


def pipeline_list() -> models.QuerySet[Pipeline]:
    """Pipelines as the API lists them."""
    return Pipeline.objects.prefetch_related("teams")


def stage_list() -> models.QuerySet[Stage]:
    """Stages in use as the API lists them."""
    return Stage.objects.filter(is_active=True).select_related("pipeline")


def other_stages(stage: Stage) -> models.QuerySet[Stage]:
    """Where the deals of a stage can go instead."""
    rows = Stage.objects.filter(pipeline=stage.pipeline_id, kind=Stage.Kind.OPEN, is_active=True)
    return rows.exclude(pk=stage.pk).order_by("position", "pk")


def deals_in(stage: Stage) -> int:
    """How many open deals stand in a stage, those in the bin among them: they come back to where they stood."""
    return Opportunity._base_manager.filter(stage=stage, status=OpportunityStatus.OPEN).count()
