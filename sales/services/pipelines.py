"""The pipelines a company sells through, and their stages: made, changed, put in order, taken away."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from crm.core.locks import hold
from crm.core.text import tidy
from crm.core.writes import RuleBroken, lock, only
from crm.events.actor import Actor
from crm.events.recording import EventRow, record_event, record_events, recording
from crm.identity.models import Team
from crm.records.models.custom_field import PREFIX
from crm.records.queries.custom_fields import fields_of
from sales.events.opportunities import OPPORTUNITY_MOVED
from sales.events.pipelines import (
    PIPELINE_CREATED,
    PIPELINE_DELETED,
    PIPELINE_UPDATED,
    STAGE_CREATED,
    STAGE_DELETED,
    STAGE_UPDATED,
)
from sales.models import ForecastCategory, Opportunity, OpportunityStatus, Pipeline, Stage
from sales.rules import pipeline as rules
from sales.services.stages import ASKABLE, enter_many

MOST_STAGES = 20
# What a pipeline begins with: names in both languages, kind, probability, forecast.
BEGINNING = (
    ("初步接触", "Qualify", Stage.Kind.OPEN, 10, ForecastCategory.PIPELINE),
    ("方案报价", "Proposal", Stage.Kind.OPEN, 50, ForecastCategory.BEST_CASE),
    ("赢单", "Won", Stage.Kind.WON, 100, ForecastCategory.CLOSED),
    ("输单", "Lost", Stage.Kind.LOST, 0, ForecastCategory.OMITTED),
)
OF_STAGE = ("name", "name_en", "probability", "forecast_category", "asks", "rot_days", "needs_approval")


@transaction.atomic
def create_pipeline(
    *, name: str, actor: Actor, name_en: str = "", teams: Iterable[Team] = (), copy: Pipeline | None = None
) -> Pipeline:
    """A new pipeline with the stages of another one, or with the few every pipeline begins with."""
    last = Pipeline.objects.aggregate(last=models.Max("position"))["last"] or 0
    pipeline = Pipeline(name=_named(name), name_en=tidy(name_en)[:100], position=last + 1)
    pipeline.is_default = not Pipeline.objects.filter(is_default=True).exists()
    pipeline.save()
    pipeline.teams.set(teams)
    if copy is not None:
        for stage in copy.stages.filter(is_active=True).order_by("position", "pk"):
            stage.pk, stage.pipeline = None, pipeline
            stage.save(force_insert=True)
    else:
        for position, (zh, en, kind, probability, category) in enumerate(BEGINNING, 1):
            Stage(
                pipeline=pipeline,
                position=position,
                name=zh,
                name_en=en,
                kind=kind,
                probability=probability,
                forecast_category=category,
            ).save()
    record_event(PIPELINE_CREATED, pipeline, actor=actor, payload={"name": str(pipeline)})
    return pipeline


@transaction.atomic
def update_pipeline(
    pipeline: Pipeline,
    *,
    actor: Actor,
    name: str | None = None,
    name_en: str | None = None,
    is_active: bool | None = None,
    is_default: bool | None = None,
    teams: Iterable[Team] | None = None,
) -> Pipeline:
    """Rename a pipeline, say who sells through it, switch it off, or make it the one of whoever names none."""
    if is_default:  # of two who choose one at once the second sees what the first has chosen
        hold("default-pipeline")
    pipeline = lock(pipeline)
    with recording(PIPELINE_UPDATED, pipeline, actor=actor, payload={"name": str(pipeline)}) as draft:
        if name is not None:
            pipeline.name = _named(name)
        if name_en is not None:
            pipeline.name_en = tidy(name_en)[:100]
        if is_default and not pipeline.is_default:
            Pipeline.objects.filter(is_default=True).update(is_default=False)
            pipeline.is_default = True
        elif is_default is False and pipeline.is_default:
            raise RuleBroken(_("Make another pipeline the default instead."), field="is_default")
        if is_active is False and pipeline.is_active:
            _may_rest(pipeline)
        if is_active is not None:
            pipeline.is_active = is_active
        if pipeline.is_default and not pipeline.is_active:
            raise RuleBroken(_("The default pipeline has to be in use."), field="is_active")
        pipeline.save()
        if teams is not None:
            before = sorted(map(str, pipeline.teams.all()))
            pipeline.teams.set(teams)
            if (after := sorted(map(str, pipeline.teams.all()))) != before:
                draft.payload["teams"] = [before, after]
    return pipeline


@transaction.atomic
def delete_pipeline(pipeline: Pipeline, *, actor: Actor) -> None:
    """Take a pipeline away that no deal ever went through; one with deals is switched off instead."""
    pipeline = lock(pipeline)
    _may_rest(pipeline)
    if Opportunity._base_manager.filter(pipeline=pipeline).exists():
        raise RuleBroken(
            _("Deals went through %(name)s: switch it off instead.") % {"name": pipeline}, code="in_use"
        )
    record_event(PIPELINE_DELETED, pipeline, actor=actor, payload={"name": str(pipeline)})
    pipeline.delete()


def _may_rest(pipeline: Pipeline) -> None:
    """The default pipeline and one with open deals are needed."""
    if pipeline.is_default:
        raise RuleBroken(_("Make another pipeline the default first."), code="default")
    if Opportunity.objects.filter(pipeline=pipeline, status=OpportunityStatus.OPEN).exists():
        raise RuleBroken(_("There are open deals in %(name)s.") % {"name": pipeline}, code="in_use")


@transaction.atomic
def create_stage(pipeline: Pipeline, *, actor: Actor, **values: Any) -> Stage:
    """Add an open stage before those for closed deals."""
    pipeline = lock(pipeline)
    if pipeline.stages.filter(is_active=True).count() >= MOST_STAGES:
        raise RuleBroken(_("A pipeline has at most %(count)d stages.") % {"count": MOST_STAGES})
    open_stages = pipeline.stages.filter(kind=Stage.Kind.OPEN)
    last = open_stages.aggregate(last=models.Max("position"))["last"] or 0
    closing = pipeline.stages.exclude(kind=Stage.Kind.OPEN)
    closing.update(position=models.F("position") + 1)
    stage = Stage(pipeline=pipeline, kind=Stage.Kind.OPEN, position=last + 1)
    _fill(stage, values)
    stage.save()
    record_event(STAGE_CREATED, stage, actor=actor, payload={"name": str(stage), "pipeline": str(pipeline)})
    return stage


@transaction.atomic
def update_stage(stage: Stage, *, actor: Actor, **values: Any) -> Stage:
    """Change a stage; deals that stand in it keep the probability they came in with."""
    stage = lock(stage)
    with recording(STAGE_UPDATED, stage, actor=actor, payload={"name": str(stage)}):
        _fill(stage, values)
        stage.save()
    return stage


@transaction.atomic
def order_stages(pipeline: Pipeline, ids: Sequence[int], *, actor: Actor) -> list[Stage]:
    """Put the open stages of a pipeline in another order; those for closed deals stay last."""
    pipeline = lock(pipeline)
    stages = list(pipeline.stages.filter(is_active=True).order_by("position", "pk"))
    opened = {stage.pk: stage for stage in stages if stage.is_open}
    if sorted(ids) != sorted(opened):
        raise RuleBroken(_("Name every open stage of the pipeline once."), field="stages")
    wanted = [*(opened[pk] for pk in ids), *(stage for stage in stages if not stage.is_open)]
    for position, stage in enumerate(wanted, 1):
        if stage.position != position:
            with recording(STAGE_UPDATED, stage, actor=actor, payload={"name": str(stage)}):
                stage.position = position
                stage.save(update_fields=["position"])
    return wanted


@transaction.atomic
def delete_stage(stage: Stage, *, actor: Actor, to: Stage | None = None) -> int:
    """Take a stage out of use; its open deals go to another stage, which has to be named. Returns how many moved. Twice is once.

    The row stays, so that the history of deals that went through it still reads.
    """
    pipeline = lock(stage.pipeline)
    stage = lock(stage)
    if not stage.is_active:
        return 0
    if not stage.is_open:
        raise RuleBroken(_("A pipeline needs its stages for won and lost deals."), code="closing")
    others = pipeline.stages.filter(kind=Stage.Kind.OPEN, is_active=True).exclude(pk=stage.pk)
    if not others.exists():
        raise RuleBroken(_("A pipeline needs an open stage."), code="last")
    deals = Opportunity._base_manager.select_for_update(of=("self",)).filter(stage=stage)
    held = list(deals.filter(status=OpportunityStatus.OPEN).order_by("pk"))
    if held and (to is None or not others.filter(pk=to.pk).exists()):
        raise RuleBroken(_("Choose where the deals of this stage go."), field="to", code="needs_target")
    if held and to is not None:
        _move_all(held, stage, to, actor)
    payload = {"name": str(stage), "pipeline": str(pipeline), "moved": len(held), "to": str(to) if to else ""}
    with recording(STAGE_DELETED, stage, actor=actor, payload=payload, always=True):
        stage.is_active = False
        stage.save(update_fields=["is_active"])
    return len(held)


def _move_all(deals: Sequence[Opportunity], before: Stage, to: Stage, actor: Actor) -> None:
    """Move locked deals to another stage set-based, each with its history and its event."""
    enter_many(deals, before, to, actor)
    payload = {"from": str(before), "to": str(to), "move": rules.SAME}
    rows = [
        EventRow(Opportunity, deal.pk, payload=payload, about=[f"accounts.customer:{deal.customer_id}"])
        for deal in deals
    ]
    record_events(OPPORTUNITY_MOVED, rows, actor=actor)


def _fill(stage: Stage, values: dict[str, Any]) -> None:
    only(OF_STAGE, values)
    for name, value in values.items():
        setattr(stage, name, value)
    stage.name, stage.name_en = _named(stage.name), tidy(stage.name_en)[:100]
    if not 0 <= stage.probability <= 100:
        raise RuleBroken(_("A probability lies between 0 and 100."), field="probability")
    if stage.is_open and stage.forecast_category == ForecastCategory.CLOSED:
        raise RuleBroken(_("Only a closed deal counts as closed."), field="forecast_category")
    if stage.rot_days is not None and not 1 <= stage.rot_days <= 365:
        raise RuleBroken(_("Between 1 and 365 days."), field="rot_days")
    stage.asks = list(dict.fromkeys(stage.asks))
    for name in stage.asks:
        if not _is_askable(name, stage):
            raise RuleBroken(_("There is no such field to ask for."), field="asks")
    if not stage.is_open:
        stage.probability, stage.rot_days = 100 if stage.kind == Stage.Kind.WON else 0, None


def _is_askable(name: str, stage: Stage) -> bool:
    if name.startswith(PREFIX):
        return name.removeprefix(PREFIX) in fields_of(Opportunity)
    return name in ASKABLE or (name == "reason" and not stage.is_open)


def _named(name: str) -> str:
    name = tidy(name)[:100]
    if not name:
        raise RuleBroken(_("Enter a name."), field="name")
    return name
