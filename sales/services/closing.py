"""How a deal ends: won, lost or never one; and how it begins again."""

import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.rules.lifecycle import MQL, OPPORTUNITY
from accounts.services.lifecycle import enter_stage
from crm.core.clock import company_today
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.recording import recording
from sales.events.opportunities import (
    OPPORTUNITY_INVALID,
    OPPORTUNITY_LOST,
    OPPORTUNITY_REOPENED,
    OPPORTUNITY_UPDATED,
    OPPORTUNITY_WON,
)
from sales.models import CloseReason, Opportunity, OpportunityStatus, Stage
from sales.queries.orders import signed_for
from sales.rules import pipeline as rules
from sales.services.stages import AsksFirst, first_stage, is_blank, locked, put_into


@transaction.atomic
def win_opportunity(
    opportunity: Opportunity,
    *,
    actor: Actor,
    reason: str = "",
    note: str = "",
    closed_at: datetime.date | None = None,
    expected: int | None = None,
) -> Opportunity:
    """A deal is made: its probability is certain and its amount counts as closed on the day it was made."""
    return _close(
        opportunity,
        OpportunityStatus.WON,
        Stage.Kind.WON,
        OPPORTUNITY_WON,
        actor,
        reason,
        note,
        closed_at,
        expected,
    )


@transaction.atomic
def lose_opportunity(
    opportunity: Opportunity,
    *,
    reason: str,
    actor: Actor,
    note: str = "",
    competitor: str = "",
    closed_at: datetime.date | None = None,
    expected: int | None = None,
) -> Opportunity:
    """A deal is lost, for a reason; a customer whose last open deal it was goes back to marketing."""
    if reason not in CloseReason.values:
        raise RuleBroken(_("Say why it was lost."), field="reason")
    if reason == CloseReason.OTHER and not tidy(note):
        raise RuleBroken(_("Say in a few words why."), field="note")
    return _close(
        opportunity,
        OpportunityStatus.LOST,
        Stage.Kind.LOST,
        OPPORTUNITY_LOST,
        actor,
        reason,
        note,
        closed_at,
        expected,
        competitor,
    )


@transaction.atomic
def invalidate_opportunity(
    opportunity: Opportunity, *, note: str, actor: Actor, expected: int | None = None
) -> Opportunity:
    """It never was a deal (a test, a double): it leaves the pipeline and counts in no rate."""
    if not tidy(note):
        raise RuleBroken(_("Say in a few words why."), field="note")
    return _close(
        opportunity,
        OpportunityStatus.INVALID,
        Stage.Kind.LOST,
        OPPORTUNITY_INVALID,
        actor,
        "",
        note,
        None,
        expected,
    )


@transaction.atomic
def take_signed_amount(opportunity: Opportunity, *, actor: Actor, expected: int | None = None) -> Opportunity:
    """Let a won deal be worth what was signed for it: from then on it counts so in attainment and reports."""
    opportunity = locked(opportunity)
    check_version(opportunity, expected)
    signed = signed_for(opportunity)
    if signed is None:
        raise RuleBroken(_("Nothing that counts was signed for this deal."), code="state")
    with recording(OPPORTUNITY_UPDATED, opportunity, actor=actor, about=[opportunity.customer]):
        if opportunity.amount != signed:
            opportunity.amount = signed
            save_versioned(opportunity, ["amount"])
    return opportunity


@transaction.atomic
def reopen_opportunity(opportunity: Opportunity, *, actor: Actor, expected: int | None = None) -> Opportunity:
    """Open a closed deal again, in the stage it was closed from."""
    opportunity = locked(opportunity)
    check_version(opportunity, expected)
    if opportunity.status == OpportunityStatus.OPEN:
        return opportunity
    last = opportunity.history.filter(stage__kind=Stage.Kind.OPEN).order_by("-entered_at", "-pk").first()
    stage = last.stage if last and last.stage.is_active else first_stage(opportunity.pipeline)
    payload = {"name": opportunity.name}
    about = [opportunity.customer]
    with recording(OPPORTUNITY_REOPENED, opportunity, actor=actor, payload=payload, about=about):
        opportunity.status, opportunity.closed_at = OpportunityStatus.OPEN, None
        opportunity.reason = opportunity.reason_note = ""
        put_into(opportunity, stage, actor, rules.BACK, "status", "closed_at", "reason", "reason_note")
    return opportunity


def _close(
    opportunity: Opportunity,
    status: str,
    kind: str,
    event: EventType,
    actor: Actor,
    reason: str,
    note: str,
    closed_at: datetime.date | None,
    expected: int | None,
    competitor: str = "",
) -> Opportunity:
    opportunity = locked(opportunity)
    check_version(opportunity, expected)
    if not opportunity.is_open:
        raise RuleBroken(_("This opportunity is closed already."), code="closed")
    if reason and reason not in CloseReason.values:
        raise RuleBroken(_("Choose one of the values offered."), field="reason")
    day = closed_at or company_today()
    if day > company_today():
        raise RuleBroken(_("This day lies in the future."), field="closed_at")
    stage = Stage.objects.filter(pipeline=opportunity.pipeline_id, kind=kind).first()
    if stage is None:
        raise RuleBroken(_("This pipeline has no stage for closed deals."), field="stage")
    note, competitor = tidy(note)[:200], tidy(competitor)[:100] or opportunity.competitor
    if status != OpportunityStatus.INVALID:
        _ask_for_what_is_missing(opportunity, stage, reason=reason, competitor=competitor)
    payload = {"name": opportunity.name, "reason": reason, "note": note, "amount": str(opportunity.amount)}
    about = [opportunity.customer]
    with recording(event, opportunity, actor=actor, payload=payload, about=about):
        opportunity.status, opportunity.closed_at = status, day
        opportunity.reason, opportunity.reason_note = reason, note
        opportunity.competitor = competitor
        put_into(
            opportunity,
            stage,
            actor,
            rules.FORWARD,
            "status",
            "closed_at",
            "reason",
            "reason_note",
            "competitor",
        )
    if status != OpportunityStatus.WON:
        _recycle(opportunity.customer, actor)
    return opportunity


def _ask_for_what_is_missing(opportunity: Opportunity, stage: Stage, **said: str) -> None:
    """What the stage of won or lost deals wants to know of each of them."""
    missing = [
        name for name in stage.asks if not (said[name] if name in said else not is_blank(opportunity, name))
    ]
    if missing:
        raise AsksFirst(missing)


def _recycle(customer: Customer, actor: Actor) -> None:
    """A prospect without an open deal is marketing's again."""
    customer = lock(customer)
    if customer.lifecycle_stage != OPPORTUNITY:
        return
    if not Opportunity.objects.filter(customer=customer, status=OpportunityStatus.OPEN).exists():
        enter_stage(customer, MQL, rule="recycled", actor=actor)
