"""What approvers and submitters do beside deciding: pass on, ask one more, keep informed, nudge, comment."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.approvals.events import COMMENTED, COPIED, NUDGED, SIGNER_ADDED, TRANSFERRED
from crm.approvals.models import ApprovalCopy, ApprovalRequest, ApprovalStep, ApprovalTask, Mode
from crm.approvals.queries.people import Chart
from crm.approvals.services.deciding import LONGEST_COMMENT, Task, own_task
from crm.approvals.services.rounds import advance, laid_out, people_named
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.models import User

BEFORE, AFTER = "before", "after"
NUDGE_EVERY = timedelta(hours=1)


@transaction.atomic
def transfer(
    request: ApprovalRequest,
    *,
    user: User,
    to: User,
    actor: Actor,
    comment: str = "",
    expected: int | None = None,
) -> ApprovalRequest:
    """Pass one's part on to somebody else (转审), who decides instead."""
    request = lock(request)
    task = own_task(request, user)
    check_version(request, expected)
    _check_able(request, to)
    task.instead_of_id, task.approver, task.opened_at = user.pk, to, timezone.now()
    task.reminded_at = task.escalated_at = None
    task.save()
    people_named(request, [to.pk])
    payload = _payload(request, comment) | {"to": str(to), "to_id": to.pk, "task_id": task.pk}
    record_event(TRANSFERRED, request, actor=actor, payload=payload)
    save_versioned(request, [])
    return request


@transaction.atomic
def add_signer(
    request: ApprovalRequest,
    *,
    user: User,
    who: User,
    actor: Actor,
    place: str = BEFORE,
    comment: str = "",
    expected: int | None = None,
) -> ApprovalRequest:
    """Ask one more person (加签): before one decides oneself, or after this step is approved."""
    request = lock(request)
    task = own_task(request, user)
    check_version(request, expected)
    _check_able(request, who)
    if place not in (BEFORE, AFTER):
        raise RuleBroken(_("Choose whether they are asked before or after you."), field="place")
    position = task.step.position + (place == AFTER)
    ApprovalStep.objects.filter(request=request, position__gte=position).update(position=F("position") + 1)
    step = ApprovalStep(request=request, position=position, mode=Mode.ALL, is_added=True)
    step.save()
    ApprovalTask(request=request, step=step, approver=who).save()
    if place == BEFORE:
        ApprovalTask.objects.filter(step=task.step, state=Task.OPEN).update(
            state=Task.WAITING, opened_at=None
        )
    people_named(request, [who.pk])
    payload = _payload(request, comment) | {"to": str(who), "to_id": who.pk, "place": place}
    record_event(SIGNER_ADDED, request, actor=actor, payload=payload)
    return advance(request, actor=actor)


@transaction.atomic
def copy_to(request: ApprovalRequest, *, people: Iterable[User], actor: Actor) -> ApprovalRequest:
    """Keep people informed of a request (抄送); they read it and decide nothing."""
    request = lock(request)
    for user in people:
        if not user.is_active:
            raise RuleBroken(_("%(name)s has left. Choose somebody else.") % {"name": user}, field="people")
        _copy, made = ApprovalCopy.objects.get_or_create(request=request, user=user)
        if made:
            people_named(request, [user.pk])
            payload = {"title": request.title, "to": str(user), "to_id": user.pk}
            record_event(COPIED, request, actor=actor, payload=payload)
    return request


@transaction.atomic
def nudge(request: ApprovalRequest, *, actor: Actor) -> ApprovalRequest:
    """Remind those who are asked that it waits (催办), at most once an hour."""
    request = lock(request)
    if not request.is_pending:
        raise RuleBroken(_("This is decided already."), code="decided")
    now = timezone.now()
    if request.nudged_at is not None and now - request.nudged_at < NUDGE_EVERY:
        raise RuleBroken(_("They were nudged within the last hour."), code="too_soon")
    request.nudges, request.nudged_at = request.nudges + 1, now
    save_versioned(request, ["nudges", "nudged_at"])
    payload = {"title": request.title, "times": request.nudges}
    record_event(NUDGED, request, actor=actor, payload=payload)
    return request


@transaction.atomic
def comment_on(request: ApprovalRequest, *, actor: Actor, comment: str) -> ApprovalRequest:
    """Say something about a request without deciding it."""
    request = lock(request)
    text = tidy(comment)[:LONGEST_COMMENT]
    if not text:
        raise RuleBroken(_("Write something first."), field="comment")
    record_event(COMMENTED, request, actor=actor, payload={"title": request.title, "comment": text})
    return request


def _check_able(request: ApprovalRequest, who: User) -> None:
    if who.pk == request.submitter_id:
        raise RuleBroken(_("Nobody approves what they submitted themselves."), field="to")
    if who.pk not in Chart().able:
        raise RuleBroken(_("%(name)s may not approve. Choose somebody else.") % {"name": who}, field="to")
    _steps, tasks = laid_out(request)
    if any(one.approver_id == who.pk and one.state in (Task.OPEN, Task.WAITING) for one in tasks):
        raise RuleBroken(_("%(name)s is asked already.") % {"name": who}, field="to")


def _payload(request: ApprovalRequest, comment: str) -> dict[str, object]:
    return {"title": request.title, "comment": tidy(comment)[:LONGEST_COMMENT]}
