"""How far deals have come: the path of one through its pipeline, and how long deals usually take."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from django.db.models import QuerySet
from django.utils import timezone

from crm.identity.access import visible
from crm.identity.models import User
from sales.models import Opportunity, Pipeline, Stage, StageHistory
from sales.queries.opportunities import pipelines_of, stages_of

LOOKED_AT = 100  # stays a usual time is taken from: the latest, as ways of selling change
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """A stage on the path of a deal: whether it lies behind, is the present one or comes, and the days spent there."""

    stage: Stage
    state: str  # done, skipped, current, next, won, lost
    days: int | None = None
    usual: int | None = None

    @property
    def long(self) -> bool:
        """Whether the deal has been here for longer than others usually are."""
        return self.days is not None and self.usual is not None and self.days > self.usual


def path_of(opportunity: Opportunity) -> list[Step]:
    """The open stages of a deal's pipeline in order, then how it ended or may end; two queries and one for the usual times."""
    stages = stages_of(opportunity.pipeline)
    spent = _days_spent(opportunity)
    usual = usual_days(stages)
    position = next((n for n, one in enumerate(stages) if one.pk == opportunity.stage_id), len(stages))
    steps = []
    for number, stage in enumerate(stages):
        if not stage.is_open and stage.pk != opportunity.stage_id and not _may_end_there(opportunity, stage):
            continue
        state = _state(opportunity, stage, number, position, spent)
        steps.append(Step(stage, state, spent.get(stage.pk), usual.get(stage.pk)))
    return steps


def _may_end_there(opportunity: Opportunity, stage: Stage) -> bool:
    return opportunity.is_open and stage.kind == Stage.Kind.WON


def _state(opportunity: Opportunity, stage: Stage, number: int, position: int, spent: dict[int, int]) -> str:
    if stage.pk == opportunity.stage_id:
        return "current" if stage.is_open else str(opportunity.status)
    if number < position:
        return "done" if stage.pk in spent else "skipped"
    return "next"


def _days_spent(opportunity: Opportunity) -> dict[int, int]:
    """Whole days a deal was in each stage, all its stays there together."""
    now, spent = timezone.now(), dict[int, timedelta]()
    stays = StageHistory.objects.filter(opportunity=opportunity)
    for stage, entered, left in stays.values_list("stage", "entered_at", "left_at"):
        spent[stage] = spent.get(stage, timedelta()) + ((left or now) - entered)
    return {stage: max(0, time // DAY) for stage, time in spent.items()}


def usual_days(stages: Iterable[Stage]) -> dict[int, int]:
    """How many days deals usually stay in each open stage: the median of the latest that left it."""
    left = StageHistory.objects.filter(left_at__isnull=False).order_by("-entered_at")
    pieces = [
        left.filter(stage=stage).values_list("stage", "entered_at", "left_at")[:LOOKED_AT]
        for stage in stages
        if stage.is_open
    ]
    if not pieces:
        return {}
    times: dict[int, list[timedelta]] = {}
    for stage, entered, gone in pieces[0].union(*pieces[1:], all=True) if pieces[1:] else pieces[0]:
        times.setdefault(stage, []).append(gone - entered)
    return {stage: round(median(found) / DAY) for stage, found in times.items()}


def open_stages(pipelines: Iterable[Pipeline]) -> QuerySet[Stage]:
    """The stages a deal of these pipelines can stand in, pipeline by pipeline."""
    rows = Stage.objects.filter(pipeline__in=list(pipelines), kind=Stage.Kind.OPEN, is_active=True)
    return rows.select_related("pipeline").order_by("pipeline__position", "pipeline", "position", "pk")


def stages_for(user: User) -> QuerySet[Stage]:
    """The stages somebody opens new deals in."""
    return open_stages(pipelines_of(user))


def stages_seen(user: User) -> QuerySet[Stage]:
    """Every open stage of the pipelines somebody may look at."""
    return open_stages(visible(Pipeline, user).filter(is_active=True))


def last_move(opportunity: Opportunity) -> StageHistory | None:
    """The latest change of stage of a deal: who moved it, and where to."""
    return opportunity.history.select_related("stage").order_by("-entered_at", "-pk").first()
