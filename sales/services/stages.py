"""Where deals stand: the pipelines there are, and what every change of stage leaves behind."""

from collections.abc import Sequence

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.customer_dates import lock_customers
from crm.core.writes import RuleBroken, lock, save_versioned
from crm.events.actor import Actor
from crm.records.models.custom_field import PREFIX
from crm.records.queries.custom_fields import fields_of, label_of
from crm.records.rules.custom_conditions import is_shown
from crm.records.services.custom_values import condition_values
from sales.models import Opportunity, Pipeline, Stage, StageHistory

# What a stage may ask for before a deal leaves it; custom fields by their names beside these.
ASKABLE = ("amount", "expected_close_date", "contact", "need", "source", "campaign", "competitor")


def default_pipeline() -> Pipeline:
    """The pipeline of whoever names none."""
    found = Pipeline.objects.filter(is_active=True).order_by("-is_default", "position", "pk").first()
    if found is None:
        raise RuleBroken(_("There is no pipeline yet; an administrator sets one up."), field="pipeline")
    return found


def first_stage(pipeline: Pipeline) -> Stage:
    """Where a new deal begins."""
    found = pipeline.stages.filter(kind=Stage.Kind.OPEN, is_active=True).order_by("position", "pk").first()
    if found is None:
        raise RuleBroken(_("This pipeline has no open stage."), field="stage")
    return found


def is_blank(opportunity: Opportunity, name: str) -> bool:
    """Whether a field that a stage asks for says nothing yet; no amount is as good as none.

    A custom field that is archived, or not there for a deal like this, nobody could fill in: it is not asked for.
    """
    if name.startswith(PREFIX):
        key = name.removeprefix(PREFIX)
        one = fields_of(Opportunity).get(key)
        there = one is not None and is_shown(
            one.shown_when, condition_values(opportunity, opportunity.custom)
        )
        return there and opportunity.custom.get(key) in (None, "", [])
    value = getattr(opportunity, Opportunity._meta.get_field(name).attname)
    return value in (None, "", []) or (name == "amount" and not value)


def field_label(name: str) -> str:
    """What people call a field that a stage asks for."""
    if name.startswith(PREFIX):
        return label_of(Opportunity, name)
    return str(Opportunity._meta.get_field(name).verbose_name)


class AsksFirst(RuleBroken):
    """A deal cannot leave its stage before some fields are filled in; `missing` names them."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        labels = [field_label(name) for name in missing]
        super().__init__(
            _("Fill in first: %(fields)s.") % {"fields": ", ".join(labels)}, field=missing[0], code="missing"
        )


def locked(opportunity: Opportunity) -> Opportunity:
    """The deal locked after its customer, as every change does, so that no two wait for each other."""
    lock_customers([opportunity.customer_id])
    return lock(opportunity)


def put_into(opportunity: Opportunity, stage: Stage, actor: Actor, move: str, *names: str) -> None:
    """Put the deal into a stage with that stage's probability and forecast, and note the stay it leaves behind."""
    before = opportunity.stage
    opportunity.stage, opportunity.stage_since = stage, timezone.now()
    opportunity.probability, opportunity.forecast_category = stage.probability, stage.forecast_category
    opportunity.probability_reason = ""
    save_versioned(
        opportunity,
        ["stage", "stage_since", "probability", "forecast_category", "probability_reason", *names],
    )
    enter(opportunity, before, actor, move)


def enter(opportunity: Opportunity, before: Stage | None, actor: Actor, move: str = "") -> None:
    """Note that a deal came into its stage, and left the one before."""
    now = timezone.now()
    opportunity.history.filter(left_at__isnull=True).update(left_at=now)
    StageHistory(
        opportunity=opportunity,
        from_stage=before,
        stage=opportunity.stage,
        entered_at=now,
        amount=opportunity.amount,
        probability=opportunity.probability,
        expected_close_date=opportunity.expected_close_date,
        move=move,
        actor_id=actor.id,
        actor_name=actor.name,
    ).save()


def enter_many(opportunities: Sequence[Opportunity], before: Stage, to: Stage, actor: Actor) -> None:
    """Put many deals of one stage (locked by the caller) into another, set-based, each with its stay."""
    now = timezone.now()
    ids = [one.pk for one in opportunities]
    Opportunity._base_manager.filter(pk__in=ids).update(
        stage=to,
        stage_since=now,
        probability=to.probability,
        forecast_category=to.forecast_category,
        probability_reason="",
        version=F("version") + 1,
        updated_at=now,
    )
    StageHistory.objects.filter(opportunity__in=ids, left_at__isnull=True).update(left_at=now)
    stays = [
        StageHistory(
            opportunity=one,
            from_stage=before,
            stage=to,
            entered_at=now,
            amount=one.amount,
            probability=to.probability,
            expected_close_date=one.expected_close_date,
            actor_id=actor.id,
            actor_name=actor.name,
        )
        for one in opportunities
    ]
    StageHistory.objects.bulk_create(stays, batch_size=2000)
