"""Opportunities: opened, changed, moved through their pipeline, handed over, binned."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.rules.lifecycle import OPPORTUNITY, PROSPECT_STAGES
from accounts.services.cleaning import cleaned
from accounts.services.customer_dates import lock_customers
from accounts.services.lifecycle import enter_stage
from accounts.services.purging import BIN_DAYS, purge
from crm.core.clock import company_today
from crm.core.money import BASE_CURRENCY
from crm.core.pinyin import sort_key
from crm.core.writes import RuleBroken, check_version, lock, only, save_versioned, without_double
from crm.events.actor import Actor
from crm.events.recording import recording
from crm.identity.models import Team, User
from crm.records.models import ExchangeRate
from crm.records.services.custom_values import check_free, settle
from sales.events.opportunities import (
    OPPORTUNITY_CREATED,
    OPPORTUNITY_DELETED,
    OPPORTUNITY_MOVED,
    OPPORTUNITY_PURGED,
    OPPORTUNITY_RESTORED,
    OPPORTUNITY_UPDATED,
)
from sales.models import ForecastCategory, Lead, Opportunity, OpportunityStatus, Pipeline, Stage
from sales.rules import pipeline as rules
from sales.services.stage_gates import check_gates, way_of
from sales.services.stages import AsksFirst, default_pipeline, enter, first_stage, is_blank, locked, put_into

EDITABLE = (
    "name", "contact", "amount", "currency", "probability", "probability_reason", "forecast_category",
    "expected_close_date", "need", "source", "campaign", "competitor", "external_id", "custom",
)  # fmt: skip
MOST_AMOUNT = Decimal(10) ** 14
UNDO_WITHIN = timedelta(hours=24)


@transaction.atomic
def create_opportunity(
    customer: Customer,
    *,
    actor: Actor,
    owner: User | None,
    team: Team | None = None,
    pipeline: Pipeline | None = None,
    stage: Stage | None = None,
    lead: Lead | None = None,
    complete: bool = True,
    **values: Any,
) -> Opportunity:
    """Open a deal with a customer, in the first stage of a pipeline unless another open one is named."""
    only(EDITABLE, values)
    customer = lock_customers([customer.pk])[0]
    if customer.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": customer.name}, field="customer")
    custom = values.pop("custom", {})
    values = cleaned(Opportunity, {"name": values.pop("name", ""), **values})
    pipeline = pipeline or (stage.pipeline if stage else default_pipeline())
    if not pipeline.is_active:
        raise RuleBroken(_("This pipeline is switched off."), field="pipeline")
    stage = stage or first_stage(pipeline)
    if not stage.is_open or stage.pipeline_id != pipeline.pk or not stage.is_active:
        raise RuleBroken(_("Choose an open stage of this pipeline."), field="stage")
    opportunity = Opportunity(
        customer=customer,
        owner=owner,
        team=team or (owner.team if owner else None),
        pipeline=pipeline,
        stage=stage,
        lead=lead,
        opened_at=company_today(),
        **{"probability": stage.probability, "forecast_category": stage.forecast_category, **values},
    )
    opportunity.owner_since = timezone.now()
    opportunity.first_close_date = opportunity.expected_close_date
    _check_rules(opportunity)
    opportunity.custom = settle(opportunity, custom, complete=complete)
    opportunity.fill_search()
    with _known_once():
        opportunity.save()
    enter(opportunity, None, actor)
    payload = {"name": opportunity.name}
    with recording(OPPORTUNITY_CREATED, opportunity, actor=actor, payload=payload, about=[customer]):
        pass
    if customer.lifecycle_stage in PROSPECT_STAGES and customer.lifecycle_stage != OPPORTUNITY:
        enter_stage(customer, OPPORTUNITY, rule="opportunity", actor=actor)
    return opportunity


@transaction.atomic
def update_opportunity(
    opportunity: Opportunity, *, actor: Actor, expected: int | None = None, **values: Any
) -> Opportunity:
    """Change the fields of a deal; putting its close off is counted, and another probability asks why."""
    only(EDITABLE, values)
    opportunity = locked(opportunity)
    in_use(opportunity)
    check_version(opportunity, expected)
    custom = values.pop("custom", None)
    values = cleaned(Opportunity, values)
    changed = {name: value for name, value in values.items() if getattr(opportunity, name) != value}
    if not changed and not custom:
        return opportunity
    before = opportunity.expected_close_date
    with recording(OPPORTUNITY_UPDATED, opportunity, actor=actor, about=[opportunity.customer]):
        for name, value in changed.items():
            setattr(opportunity, name, value)
        settled = settle(opportunity, custom or {}, changed=changed)
        if settled != opportunity.custom:
            changed["custom"] = opportunity.custom = settled
        if not changed:
            return opportunity
        _check_rules(opportunity, changed)
        if {"amount", "currency"} & set(changed) and opportunity.lines.exists():
            field = "amount" if "amount" in changed else "currency"
            raise RuleBroken(_("The amount follows from its products."), field=field, code="lines")
        after = opportunity.expected_close_date
        opportunity.first_close_date = opportunity.first_close_date or after
        opportunity.pushes += bool(before and after and after > before)
        opportunity.name_sort = sort_key(opportunity.name)
        follow = ["first_close_date", "pushes", "name_sort", *opportunity.fill_search()]
        with _known_once():
            save_versioned(opportunity, [*changed, *follow])
    return opportunity


@transaction.atomic
def move_opportunity(
    opportunity: Opportunity | models.QuerySet[Opportunity],
    *,
    to: Stage | int,
    actor: Actor,
    expected: int | None = None,
    confirmed: bool = False,
    values: Mapping[str, Any] | None = None,
    approved: bool = False,
    taking_back: bool = False,
) -> Opportunity:
    """Move an open deal to another open stage (or its id) of its own pipeline; `values` are filled in on the way.

    Going forward asks for what the stages left behind need (`AsksFirst`); leaving some out asks for confirmation
    (`SkipsStages`), and a stage that lets nobody in without approval for that. Taking a move back asks for nothing: the
    deal has been there. Rows that hold the one deal (without `values`) are read and locked by one query; none raises
    `Opportunity.DoesNotExist`.
    """
    if isinstance(opportunity, models.QuerySet):
        opportunity = opportunity.select_for_update(of=("self",)).get()
    elif values:
        opportunity = update_opportunity(opportunity, actor=actor, expected=expected, **values)
        expected = None
    else:
        opportunity = lock(opportunity)
    in_use(opportunity)
    check_version(opportunity, expected)
    if not opportunity.is_open:
        raise RuleBroken(_("This opportunity is closed. Open it again first."), code="closed")
    stages = way_of(opportunity)
    wanted = to if isinstance(to, int) else to.pk
    target = next((one for one in stages if one.pk == wanted and one.is_active), None)
    if target is None:
        raise RuleBroken(_("This opportunity cannot move to that stage."), field="stage")
    before = next(one for one in stages if one.pk == opportunity.stage_id)
    if target == before:
        return opportunity
    opportunity.stage = before
    kind = rules.move_kind([one.pk for one in stages], before.pk, target.pk)
    if kind in (rules.FORWARD, rules.SKIP) and not taking_back:
        _ask_for_what_is_missing(opportunity, stages, target)
        if not approved:
            check_gates(opportunity, stages, target)
        if kind == rules.SKIP and not confirmed:
            raise SkipsStages(target)
    payload = {"from": str(before), "to": str(target), "move": kind}
    about = [Customer(pk=opportunity.customer_id)]
    with recording(OPPORTUNITY_MOVED, opportunity, actor=actor, payload=payload, about=about):
        put_into(opportunity, target, actor, kind)
    return opportunity


class SkipsStages(RuleBroken):
    """A move would leave stages out; the person confirms it, or goes step by step."""

    def __init__(self, to: Stage) -> None:
        super().__init__(
            _("This leaves out stages before “%(stage)s”. Move all the same?") % {"stage": to},
            field="stage",
            code="skips",
        )


@transaction.atomic
def undo_move(opportunity: Opportunity, *, actor: Actor) -> Opportunity:
    """Put a deal back into the stage it came from, within a day of the move; both stays are kept in its history."""
    opportunity = locked(opportunity)
    last = opportunity.history.filter(left_at__isnull=True).select_related("from_stage").first()
    fresh = last is not None and timezone.now() - last.entered_at <= UNDO_WITHIN
    if last is None or last.from_stage is None or not fresh or not opportunity.is_open:
        raise RuleBroken(_("This can no longer be undone."))
    return move_opportunity(opportunity, to=last.from_stage, actor=actor, taking_back=True)


def move_in_bulk(opportunity: Opportunity, *, stage: Stage, actor: Actor) -> Opportunity:
    """Move one of many chosen deals to a stage; choosing the stage for all of them says that stages may be left out."""
    return move_opportunity(opportunity, to=stage, actor=actor, confirmed=True)


def move_back(opportunities: Iterable[Opportunity], before: Mapping[str, Any], *, actor: Actor) -> None:
    """Put deals moved together back into the stages they stood in, as far as both are still there."""
    in_use_still = Stage.objects.filter(pk__in=set(before.values()), is_active=True)
    stages = {stage.pk: stage for stage in in_use_still}
    for opportunity in opportunities:
        stage = stages.get(before.get(str(opportunity.pk)))
        if stage is not None and opportunity.is_open and opportunity.deleted_at is None:
            move_opportunity(opportunity, to=stage, actor=actor, taking_back=True)


@transaction.atomic
def delete_opportunity(opportunity: Opportunity, *, actor: Actor, expected: int | None = None) -> Opportunity:
    """Move a deal to the bin; one that was won is part of the books and stays."""
    opportunity = locked(opportunity)
    check_version(opportunity, expected)
    if opportunity.deleted_at is not None:
        return opportunity
    if opportunity.status == OpportunityStatus.WON:
        raise RuleBroken(_("%(name)s was won and stays.") % {"name": opportunity.name}, code="won")
    about = [opportunity.customer]
    with recording(OPPORTUNITY_DELETED, opportunity, actor=actor, always=True, about=about):
        opportunity.deleted_at, opportunity.deleted_by_id = timezone.now(), actor.user_id
        save_versioned(opportunity, ["deleted_at", "deleted_by_id"])
    return opportunity


@transaction.atomic
def restore_opportunity(opportunity: Opportunity, *, actor: Actor) -> Opportunity:
    """Take a deal out of the bin."""
    opportunity = locked(opportunity)
    if opportunity.deleted_at is None:
        return opportunity
    check_free(opportunity)
    taken = _("%(name)s cannot be restored: another opportunity has the external ID %(id)s now.") % {
        "name": opportunity.name, "id": opportunity.external_id,
    }  # fmt: skip
    about = [opportunity.customer]
    with recording(OPPORTUNITY_RESTORED, opportunity, actor=actor, always=True, about=about):
        opportunity.deleted_at = opportunity.deleted_by_id = None
        with without_double(external_id=taken):
            save_versioned(opportunity, ["deleted_at", "deleted_by_id"])
    return opportunity


@transaction.atomic
def purge_opportunity_bin(*, actor: Actor, days: int = BIN_DAYS) -> int:
    """Delete for good what has lain in the bin for 30 days; returns how many deals went. What was offered keeps its deal."""
    unused = Opportunity._base_manager.filter(quotes__isnull=True, orders__isnull=True)
    return purge(unused, OPPORTUNITY_PURGED, actor=actor, days=days)


# --- What the changes share ---------------------------------------------------------------------------------------


def _ask_for_what_is_missing(opportunity: Opportunity, stages: list[Stage], to: Stage) -> None:
    """What the stages from here to there need before one leaves them."""
    passed, missing = False, []
    for stage in stages:
        if stage.pk == to.pk:
            break
        passed = passed or stage.pk == opportunity.stage_id
        if passed:
            missing += [name for name in stage.asks if name not in missing and is_blank(opportunity, name)]
    if missing:
        raise AsksFirst(missing)


def in_use(opportunity: Opportunity) -> None:
    """Refuse a change of a deal that lies in the bin."""
    if opportunity.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": opportunity.name}, code="deleted")


def _check_rules(opportunity: Opportunity, changed: Mapping[str, Any] | None = None) -> None:
    if not 0 <= opportunity.amount < MOST_AMOUNT:
        raise RuleBroken(_("Enter an amount from nothing to a hundred trillion."), field="amount")
    if (
        opportunity.currency != BASE_CURRENCY
        and not ExchangeRate.objects.filter(currency=opportunity.currency).exists()
    ):
        raise RuleBroken(_("There is no exchange rate for this currency."), field="currency")
    if not 0 <= opportunity.probability <= 100:
        raise RuleBroken(_("A probability lies between 0 and 100."), field="probability")
    if changed and "probability" in changed and not opportunity.probability_reason:
        raise RuleBroken(
            _("Say why it is likelier or less likely than its stage."), field="probability_reason"
        )
    if opportunity.is_open and opportunity.forecast_category == ForecastCategory.CLOSED:
        raise RuleBroken(_("Only a closed deal counts as closed."), field="forecast_category")
    contact = opportunity.contact
    at_home = contact is None or contact.customer_id == opportunity.customer_id
    if not at_home and not contact.links.filter(customer=opportunity.customer_id).exists():
        raise RuleBroken(_("This person belongs to another customer."), field="contact")


def _known_once() -> AbstractContextManager[None]:
    """What the database keeps once, and how people are told."""
    return without_double(external_id=_("There is an opportunity with this external ID already."))
