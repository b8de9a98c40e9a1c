"""Who is taken through a cadence: begun, paused, resumed, stopped; each person in one at a time."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Contact
from accounts.services.activities import cancel
from accounts.services.customer_dates import lock_followed
from crm.automation.kinds import kind
from crm.automation.queries import is_suppressed
from crm.automation.services import hold_back, notify
from crm.core.writes import RuleBroken, lock, save_versioned
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.recording import record_event
from crm.identity import fields
from crm.identity.models import User
from crm.records.queries import business_calendar
from sales.events.cadences import ENROLLED, ENROLMENT_ENDED, ENROLMENT_PAUSED, ENROLMENT_RESUMED
from sales.models import Cadence, CadenceStep, Enrolment, EnrolmentState, Lead, StepKind, StopReason
from sales.models.cadence import LIVE
from sales.rules.cadences import next_moment

State = EnrolmentState
# What nobody did by hand and the owner would not notice otherwise.
TOLD = (StopReason.BOUNCED, StopReason.OPTED_OUT, StopReason.FAILED, StopReason.NO_ADDRESS)


def _reason_in_words(params: Mapping[str, Any]) -> dict[str, Any]:
    return {**params, "reason": str(StopReason(params["reason"]).label)}


ENDED = kind(
    "cadence_ended",
    gettext_lazy("Cadences that could not go on"),
    gettext_lazy("The cadence “%(cadence)s” with %(name)s has ended: %(reason)s"),
    prepare=_reason_in_words,
    why=gettext_lazy("It ran in your name."),
    icon="send",
    digest=True,
    position=46,
)


@transaction.atomic
def enrol(who: Contact | Lead, cadence: Cadence, *, actor: Actor, sender: User | None = None) -> Enrolment:
    """Begin a cadence with a contact or lead; the mails leave in the name of `sender`, else of the record's owner."""
    contact, lead = (who, None) if isinstance(who, Contact) else (None, who)
    customer, lead = lock_followed(contact.customer_id if contact else None, lead)
    owned = lead or customer
    sender = sender or (owned.owner if owned is not None else None) or _person(actor)
    cadence = Cadence._base_manager.select_for_update(of=("self",)).get(pk=cadence.pk)
    step = cadence.steps.order_by("position", "pk").first()
    _check(cadence, step, contact or lead, owned, sender)
    assert sender is not None and step is not None
    now = timezone.now()
    enrolment = Enrolment(
        cadence=cadence,
        contact=contact,
        customer=customer,
        lead=lead,
        owner=sender,
        team_id=sender.team_id,
        owner_since=now,
        started_at=now,
        next_step=step,
        next_at=due(cadence, step, now),
    )
    try:
        with transaction.atomic():
            enrolment.save()
    except IntegrityError as error:  # the database decides between two who begin at once
        raise _taken(who) from error
    _tell(ENROLLED, enrolment, actor)
    return enrolment


@transaction.atomic
def pause(enrolment: Enrolment, *, actor: Actor) -> Enrolment:
    """Let nothing more happen until it is resumed."""
    enrolment = _hold(enrolment)
    if enrolment.state == State.PAUSED:
        return enrolment
    _must_live(enrolment)
    enrolment.state = State.PAUSED
    save_versioned(enrolment, ["state"])
    _tell(ENROLMENT_PAUSED, enrolment, actor)
    return enrolment


@transaction.atomic
def resume(enrolment: Enrolment, *, actor: Actor) -> Enrolment:
    """Go on where it was paused; a step that fell due meanwhile is carried out in the next hours of the cadence."""
    enrolment = _hold(enrolment)
    if enrolment.state == State.ACTIVE:
        return enrolment
    _must_live(enrolment)
    enrolment.state, enrolment.attempts, enrolment.error = State.ACTIVE, 0, ""
    save_versioned(enrolment, ["state", "attempts", "error"])
    _tell(ENROLMENT_RESUMED, enrolment, actor)
    return enrolment


@transaction.atomic
def stop(enrolment: Enrolment, *, reason: str = StopReason.MANUAL, actor: Actor) -> Enrolment:
    """End it before its last step; what was planned for it and not done is cancelled, mails that wait do not leave."""
    enrolment = _hold(enrolment)
    if enrolment.is_live:
        end(enrolment, State.STOPPED, reason, actor)
    return enrolment


def stop_all(rows: models.QuerySet[Enrolment], *, reason: str, actor: Actor) -> int:
    """Stop those of the enrolments that go on, one after the other in the order of their ids; returns how many."""
    found = list(rows.filter(LIVE).order_by("pk"))
    for enrolment in found:
        stop(enrolment, reason=reason, actor=actor)
    return len(found)


def end(enrolment: Enrolment, state: str, reason: str, actor: Actor) -> None:
    """Close a locked enrolment, with what still hangs on it."""
    if enrolment.waits_for is not None and enrolment.waits_for.is_open:
        cancel(enrolment.waits_for, actor=actor)
    if state == State.STOPPED:
        _hold_back(enrolment)
    enrolment.state, enrolment.reason, enrolment.ended_at = state, reason, timezone.now()
    enrolment.next_step = enrolment.next_at = enrolment.waits_for = enrolment.lease_until = None
    save_versioned(
        enrolment, ["state", "reason", "ended_at", "next_step", "next_at", "waits_for", "lease_until"]
    )
    _tell(ENROLMENT_ENDED, enrolment, actor, reason=reason)
    if reason in TOLD and enrolment.owner is not None:
        notify(
            [enrolment.owner],
            ENDED,
            params={"name": str(enrolment.who), "cadence": enrolment.cadence.name, "reason": reason},
            url=enrolment.get_absolute_url(),
            about=enrolment,
            actor=actor,
            dedupe=str(enrolment.pk),
        )


def due(cadence: Cadence, step: CadenceStep, after: datetime.datetime) -> datetime.datetime:
    """When a step falls due after a moment, by the business calendar and the hours of the cadence."""
    window = (cadence.send_from, cadence.send_until)
    return next_moment(after, step.delay_days, window, business_calendar())


def address_of(who: Contact | Lead, sender: User) -> str:
    """Where mails to the person go: empty where there is no address, or the sender may not read it."""
    return "" if "email" in fields.closed(sender, type(who)) else who.email


def _check(
    cadence: Cadence,
    step: CadenceStep | None,
    who: Contact | Lead,
    owned: models.Model | None,
    sender: User | None,
) -> None:
    if not cadence.is_active:
        raise RuleBroken(_("%(name)s is not in use.") % {"name": cadence}, field="cadence", code="not_in_use")
    if step is None:
        raise RuleBroken(_("%(name)s has no steps yet.") % {"name": cadence}, field="cadence")
    if who.deleted_at is not None or owned is None or owned.deleted_at is not None:  # type: ignore[attr-defined]
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": who}, code="deleted")
    if isinstance(who, Lead) and not who.is_open:
        raise RuleBroken(_("%(name)s is closed already.") % {"name": who}, code="closed")
    if owned.owner_id is None:  # type: ignore[attr-defined]
        raise RuleBroken(_("%(name)s lies in the pool: claim it first.") % {"name": owned}, code="pooled")
    if sender is None or not sender.is_active:
        raise RuleBroken(_("There is nobody in whose name the mails could leave."), field="sender")
    live = Enrolment._base_manager.filter(LIVE, **{"lead" if isinstance(who, Lead) else "contact": who.pk})
    if live.exists():
        raise _taken(who)
    if cadence.steps.filter(kind=StepKind.EMAIL).exists():
        address = address_of(who, sender)
        if not address:
            raise RuleBroken(_("%(name)s has no e-mail address.") % {"name": who}, code="no_address")
        if is_suppressed(address):
            raise RuleBroken(_("%(name)s gets no more e-mails from us.") % {"name": who}, code="opted_out")


def _taken(who: Contact | Lead) -> RuleBroken:
    return RuleBroken(_("%(name)s is in a cadence already.") % {"name": who}, code="enrolled")


def _person(actor: Actor) -> User | None:
    return User._base_manager.filter(pk=actor.user_id).first() if actor.user_id else None


def _hold(enrolment: Enrolment) -> Enrolment:
    """The enrolment locked, after what it stands with: every change keeps this order, so that none waits for another."""
    lock_followed(enrolment.customer_id, enrolment.lead)
    return lock(enrolment)


def _must_live(enrolment: Enrolment) -> None:
    if not enrolment.is_live:
        raise RuleBroken(_("This cadence has ended already."), code="ended")


def _hold_back(enrolment: Enrolment) -> None:
    ids = enrolment.runs.filter(settled_at__isnull=True, email__isnull=False).values_list(
        "email_id", flat=True
    )
    hold_back(list(ids))


def _tell(kind: EventType, enrolment: Enrolment, actor: Actor, **payload: str) -> None:
    about = enrolment.lead or enrolment.customer
    said = {"cadence": enrolment.cadence.name, "name": str(enrolment.who), **payload}
    record_event(kind, enrolment, actor=actor, payload=said, about=[about] if about is not None else [])
