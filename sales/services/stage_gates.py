"""Stages that ask for approval before a deal enters them."""

from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken
from sales.models import Opportunity, Stage


class NeedsApproval(RuleBroken):
    """A stage lets nobody in without approval; the person asks for it instead of moving the deal."""

    def __init__(self, opportunity: Opportunity, to: Stage) -> None:
        self.to = to
        super().__init__(
            _("“%(stage)s” needs approval. Ask for it on the opportunity's page.") % {"stage": to},
            field="stage",
            code="approval",
        )


def check_gates(opportunity: Opportunity, stages: list[Stage], to: Stage) -> None:
    """Refuse a way forward that leads into or past a stage which asks for approval."""
    ahead = False
    for stage in stages:
        if ahead and stage.needs_approval:
            raise NeedsApproval(opportunity, stage)
        if stage.pk == to.pk:
            return
        ahead = ahead or stage.pk == opportunity.stage_id


def gates_ahead(opportunity: Opportunity) -> list[Stage]:
    """The next stage ahead of an open deal that asks for approval; those behind it are asked for later."""
    if not opportunity.is_open:
        return []
    stages = Stage.objects.filter(
        pipeline=opportunity.pipeline_id, kind=Stage.Kind.OPEN, is_active=True
    ).order_by("position", "pk")
    rows = list(stages)
    places = [stage.pk for stage in rows]
    if opportunity.stage_id not in places:
        return []
    following = rows[places.index(opportunity.stage_id) + 1 :]
    return [stage for stage in following if stage.needs_approval][:1]
