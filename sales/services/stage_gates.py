"""Stages that ask for approval before a deal enters them."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken
from sales.models import Opportunity, Stage


def way_of(opportunity: Opportunity) -> list[Stage]:
    """The open stages of a deal's pipeline in their order: those in use, and the one it stands in."""
    stages = Stage.objects.filter(pipeline=opportunity.pipeline_id, kind=Stage.Kind.OPEN)
    return [
        one for one in stages.order_by("position", "pk") if one.is_active or one.pk == opportunity.stage_id
    ]


def check_gates(opportunity: Opportunity, way: Sequence[Stage], to: Stage) -> None:
    """Refuse a way forward that leads into or past a stage which asks for approval: it is asked for instead."""
    ahead = False
    for stage in way:
        if ahead and stage.needs_approval:
            raise RuleBroken(
                _("“%(stage)s” needs approval. Ask for it on the opportunity's page.") % {"stage": stage},
                field="stage",
                code="approval",
            )
        if stage.pk == to.pk:
            return
        ahead = ahead or stage.pk == opportunity.stage_id


def gates_ahead(opportunity: Opportunity) -> list[Stage]:
    """The next stage ahead of an open deal that asks for approval; those behind it are asked for later."""
    if not opportunity.is_open:
        return []
    way = way_of(opportunity)
    here = next((place for place, one in enumerate(way) if one.pk == opportunity.stage_id), len(way))
    return [one for one in way[here + 1 :] if one.needs_approval][:1]
