"""Cadences and their steps: made and changed by those who lead; one's own words for a step by everybody."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.services.cleaning import cleaned
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.models import User
from sales.events.cadences import CADENCE_DELETED, CADENCE_SAVED
from sales.models import Cadence, CadenceStep, Enrolment, PersonalTemplate, StepKind
from sales.models.cadence import LIVE, MOST_DELAY
from sales.rules.cadences import unknown_fields

EDITABLE = (
    "name", "description", "is_active", "language", "send_from", "send_until", "stops_on_meeting", "stops_on_stage",
    "stops_on_owner", "stops_with_company",
)  # fmt: skip
MOST_STEPS = 30
MOST_BODY = 5000


@transaction.atomic
def save_cadence(
    cadence: Cadence | None, *, actor: Actor, expected: int | None = None, **values: Any
) -> Cadence:
    """Add a cadence or change one; those who are in it go on by what it says from now on."""
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise TypeError(f"not to be edited this way: {sorted(unknown)}")
    fresh = cadence is None
    cadence = Cadence() if cadence is None else lock(cadence)
    check_version(cadence, expected)
    values = cleaned(Cadence, {"name": values.pop("name", cadence.name), **values})
    with recording(CADENCE_SAVED, cadence, actor=actor, payload={"name": values["name"]}):
        for name, value in values.items():
            setattr(cadence, name, value)
        if cadence.send_until <= cadence.send_from:
            raise RuleBroken(_("The hours end before they begin."), field="send_until")
        try:
            with transaction.atomic():
                cadence.save() if fresh else save_versioned(cadence, values)
        except IntegrityError as error:
            raise RuleBroken(_("There is a cadence with this name already."), field="name") from error
    return cadence


@transaction.atomic
def delete_cadence(cadence: Cadence, *, actor: Actor, expected: int | None = None) -> None:
    """Do away with a cadence nobody has been in; one with a past is only switched off."""
    cadence = lock(cadence)
    check_version(cadence, expected)
    if Enrolment._base_manager.filter(cadence=cadence).exists():
        raise RuleBroken(_("People have been in it: switch it off instead."), code="in_use")
    record_event(CADENCE_DELETED, cadence, actor=actor, payload={"name": cadence.name})
    cadence.delete()


@transaction.atomic
def save_step(
    cadence: Cadence,
    step: CadenceStep | None = None,
    *,
    kind: str,
    delay_days: int,
    subject: str,
    body: str = "",
    actor: Actor,
) -> CadenceStep:
    """Add a step at the end of a cadence, or change one; mails that are written already keep their words."""
    cadence = lock(cadence)
    fresh = step is None
    if step is None:
        if cadence.steps.count() >= MOST_STEPS:
            raise RuleBroken(_("At most %(count)s steps.") % {"count": MOST_STEPS})
        last = cadence.steps.aggregate(last=Max("position"))["last"] or 0
        step = CadenceStep(cadence=cadence, position=last + 1)
    if kind not in StepKind.values:
        raise RuleBroken(_("Choose one of the values offered."), field="kind")
    if not 0 <= delay_days <= MOST_DELAY:
        raise RuleBroken(_("From 0 to %(most)s working days.") % {"most": MOST_DELAY}, field="delay_days")
    step.kind, step.delay_days = kind, delay_days
    step.subject, step.body = _words(subject, body, must=step.is_mail)
    step.save()
    _note(cadence, actor, step=step.position, subject=step.subject, added=fresh)
    return step


@transaction.atomic
def move_step(step: CadenceStep, *, up: bool, actor: Actor) -> None:
    """Change places with the step before or after; the first cannot go up nor the last down."""
    cadence = lock(step.cadence)
    rows = list(cadence.steps.select_for_update(of=("self",)).order_by("position", "pk"))
    at = next(n for n, one in enumerate(rows) if one.pk == step.pk)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(rows):
        return
    rows[at].position, rows[other].position = rows[other].position, rows[at].position
    for one in (rows[at], rows[other]):
        one.save(update_fields=["position"])
    _note(cadence, actor, step=rows[at].position, subject=rows[at].subject, moved=True)


@transaction.atomic
def delete_step(step: CadenceStep, *, actor: Actor) -> None:
    """Take a step out; those for whom it was the next go on with the one after it at the same moment, or are done."""
    cadence = lock(step.cadence)
    waiting = Enrolment._base_manager.filter(LIVE, next_step=step)
    following = cadence.steps.filter(position__gt=step.position).order_by("position").first()
    waiting.update(next_step=following)
    _note(cadence, actor, step=step.position, subject=step.subject, deleted=True)
    step.delete()


@transaction.atomic
def replace_steps(cadence: Cadence, steps: Sequence[Mapping[str, Any]], *, actor: Actor) -> None:
    """Let the steps be these, in this order; those named by their id stay the same ones, others go."""
    cadence = lock(cadence)
    held = {step.pk: step for step in cadence.steps.all()}
    named = [step["id"] for step in steps if step.get("id")]
    if len(set(named)) != len(named) or not set(named) <= set(held):
        raise RuleBroken(_("One of the steps is none of this cadence."), field="steps")
    for pk, step in held.items():
        if pk not in named:
            delete_step(step, actor=actor)
    for position, values in enumerate(steps, 1):
        words = {name: values[name] for name in ("kind", "subject") if name in values}
        step = save_step(
            cadence,
            held.get(values.get("id") or 0),
            delay_days=values.get("delay_days", 0),
            body=values.get("body", ""),
            actor=actor,
            **{"kind": StepKind.EMAIL, "subject": "", **words},
        )
        step.position = position
        step.save(update_fields=["position"])


@transaction.atomic
def save_words(step: CadenceStep, *, user: User, subject: str, body: str) -> PersonalTemplate:
    """Let somebody's own mails of a step say this in place of the company's words."""
    if not step.is_mail:
        raise RuleBroken(_("Only e-mails have words of one's own."))
    subject, body = _words(subject, body, must=True)
    made, _created = PersonalTemplate._base_manager.update_or_create(
        user=user, step=step, defaults={"subject": subject, "body": body}
    )
    return made


@transaction.atomic
def drop_words(step: CadenceStep, *, user: User) -> None:
    """Go back to the company's words."""
    PersonalTemplate._base_manager.filter(user=user, step=step).delete()


def _words(subject: str, body: str, *, must: bool) -> tuple[str, str]:
    """The words of a step as they are kept; every field they name is one there is."""
    subject, body = tidy(subject), body.replace("\r\n", "\n").replace("\x00", "").strip()
    if not subject:
        raise RuleBroken(_("Enter a subject."), field="subject")
    if len(subject) > 200:
        raise RuleBroken(_("At most 200 characters."), field="subject")
    if must and not body:
        raise RuleBroken(_("Write the text of the e-mail."), field="body")
    if len(body) > MOST_BODY:
        raise RuleBroken(_("At most %(count)s characters.") % {"count": f"{MOST_BODY:,}"}, field="body")
    for name, text in (("subject", subject), ("body", body)):
        if wrong := unknown_fields(text):
            raise RuleBroken(
                _("There is no field %(field)s. Choose one of those offered.") % {"field": f"“{wrong[0]}”"},
                field=name,
            )
    return subject, body


def _note(cadence: Cadence, actor: Actor, **payload: Any) -> None:
    record_event(CADENCE_SAVED, cadence, actor=actor, payload={"name": cadence.name, **payload})
    save_versioned(cadence, [])
