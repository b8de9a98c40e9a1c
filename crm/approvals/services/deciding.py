"""Decisions: approve, reject, send back, withdraw, and taking a decision back while nothing hangs on it."""

from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.approvals.events import AGREED, REJECTED, RETURNED, TAKEN_BACK, WITHDRAWN
from crm.approvals.models import ApprovalRequest, ApprovalStep, ApprovalTask
from crm.approvals.queries.pending import may_withdraw
from crm.approvals.services.rounds import State, advance, finish, laid_out
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.models import User

Task = ApprovalTask.State
LONGEST_COMMENT = 500
TAKE_BACK_WITHIN = timedelta(minutes=10)
DECIDED = (Task.APPROVED, Task.REJECTED)


@transaction.atomic
def approve(
    request: ApprovalRequest, *, user: User, actor: Actor, comment: str = "", expected: int | None = None
) -> ApprovalRequest:
    """Agree to what waits for somebody; doing so twice changes nothing."""
    request = lock(request)
    if _answered(request, user, Task.APPROVED):
        return request
    task = own_task(request, user)
    check_version(request, expected)
    _close(task, Task.APPROVED, comment)
    payload = {"title": request.title, "comment": task.comment}
    if task.instead_of_id:
        payload["instead_of"] = str(task.instead_of)
    record_event(AGREED, request, actor=actor, payload=payload, about=_about(request))
    return advance(request, actor=actor)


@transaction.atomic
def reject(
    request: ApprovalRequest, *, user: User, actor: Actor, comment: str, expected: int | None = None
) -> ApprovalRequest:
    """Refuse what waits for somebody, saying why: the request ends, the record can be changed and submitted again."""
    request = lock(request)
    if _answered(request, user, Task.REJECTED):
        return request
    task = own_task(request, user)
    check_version(request, expected)
    _close(task, Task.REJECTED, _reason(comment))
    payload = {"title": request.title, "comment": task.comment}
    record_event(REJECTED, request, actor=actor, payload=payload, about=_about(request))
    return advance(request, actor=actor)


@transaction.atomic
def send_back(
    request: ApprovalRequest,
    *,
    user: User,
    actor: Actor,
    comment: str,
    step: int | None = None,
    expected: int | None = None,
) -> ApprovalRequest:
    """Send a request back, saying why: to an earlier step (its id), which is asked again, or to who submitted it."""
    request = lock(request)
    task = own_task(request, user)
    check_version(request, expected)
    reason = _reason(comment)
    steps, tasks = laid_out(request)
    payload = {"title": request.title, "comment": reason, "to": str(request.submitter)}
    if step is None:
        ApprovalTask.objects.filter(request=request, state__in=(Task.OPEN, Task.WAITING)).update(
            state=Task.CANCELLED, closed_at=timezone.now()
        )
        record_event(RETURNED, request, actor=actor, payload=payload, about=_about(request))
        return finish(request, State.RETURNED, actor=actor)
    earlier = [one.pk for one in steps]
    earlier = earlier[: earlier.index(task.step_id)]
    if step not in earlier:
        raise RuleBroken(_("Choose a step before this one."), field="step")
    again = {one.pk for one in steps[earlier.index(step) :]}
    payload["step"] = _step_words(next(one for one in steps if one.pk == step))
    payload["kind"] = request.kind
    for one in tasks:
        if one.step_id in again and one.state != Task.WAITING:
            one.state, one.opened_at, one.closed_at = Task.WAITING, None, None
            one.comment = ""
            one.save()
    record_event(RETURNED, request, actor=actor, payload=payload, about=_about(request))
    return advance(request, actor=actor)


@transaction.atomic
def withdraw(
    request: ApprovalRequest, *, user: User, actor: Actor, comment: str = "", expected: int | None = None
) -> ApprovalRequest:
    """Take a request back as long as it is pending; the record can be changed again. Not a rejection.

    Who follows somebody who has left does it in their place.
    """
    request = lock(request)
    if request.state == State.WITHDRAWN:
        return request
    if not request.is_pending:
        raise RuleBroken(_("This is decided and cannot be withdrawn."), code="decided")
    if not may_withdraw(user, request):
        raise RuleBroken(_("Only who submitted it withdraws it."), code="not_yours")
    check_version(request, expected)
    ApprovalTask.objects.filter(request=request, state__in=(Task.OPEN, Task.WAITING)).update(
        state=Task.CANCELLED, closed_at=timezone.now()
    )
    payload = {"title": request.title, "comment": tidy(comment)[:LONGEST_COMMENT]}
    record_event(WITHDRAWN, request, actor=actor, payload=payload, about=_about(request))
    return finish(request, State.WITHDRAWN, actor=actor)


@transaction.atomic
def take_back(request: ApprovalRequest, *, user: User, actor: Actor) -> ApprovalRequest:
    """Undo one's own decision, within ten minutes and only while nobody has decided after it."""
    request = lock(request)
    task = last_decision(request, user)
    if task is None:
        raise RuleBroken(_("This can no longer be taken back."), code="too_late")
    if not request.is_pending:
        _reopen(request, actor)
    _steps, tasks = laid_out(request)
    for one in tasks:
        at = one.opened_at if one.state == Task.OPEN else one.closed_at
        followed = one.state not in DECIDED and at is not None and at >= task.closed_at
        if one.pk == task.pk or followed:
            one.state, one.opened_at, one.closed_at, one.comment = Task.WAITING, None, None, ""
            one.save()
    record_event(TAKEN_BACK, request, actor=actor, payload={"title": request.title}, about=_about(request))
    return advance(request, actor=actor)


def last_decision(request: ApprovalRequest, user: User) -> ApprovalTask | None:
    """Somebody's own decision that can still be taken back, or None."""
    since = timezone.now() - TAKE_BACK_WITHIN
    latest = (
        ApprovalTask.objects.filter(request=request, state__in=DECIDED).order_by("-closed_at", "-pk").first()
    )
    if latest is None or latest.approver_id != user.pk or latest.closed_at < since:
        return None
    kind = request.approvable
    if request.is_pending:
        return latest
    decided = request.state in (State.APPROVED, State.REJECTED)
    if not decided or request.trouble or kind is None or kind.reopened is None:
        return None
    newer = ApprovalRequest._base_manager.filter(
        subject_type=request.subject_type, subject_id=request.subject_id, pk__gt=request.pk
    )
    return None if newer.exists() else latest


def _reopen(request: ApprovalRequest, actor: Actor) -> None:
    kind = request.approvable
    record = kind.subject(request.subject_id) if kind else None
    if kind is None or kind.reopened is None or record is None:
        raise RuleBroken(_("This can no longer be taken back."), code="too_late")
    kind.reopened(record, request, actor)
    request.state, request.decided_at = State.PENDING, None
    save_versioned(request, ["state", "decided_at"])


def open_task(request: ApprovalRequest, user: User) -> ApprovalTask | None:
    """The part of a (locked) request that waits for somebody's answer now."""
    if not request.is_pending:
        return None
    return ApprovalTask.objects.filter(request=request, approver=user, state=Task.OPEN).order_by("pk").first()


def _answered(request: ApprovalRequest, user: User, answer: str) -> bool:
    """Whether somebody has given just this answer and is asked for no other: their second click."""
    given = ApprovalTask.objects.filter(request=request, approver=user, state=answer)
    return open_task(request, user) is None and given.exists()


def own_task(request: ApprovalRequest, user: User) -> ApprovalTask:
    """The part that waits for somebody's answer; where none does, an error says why."""
    if (found := open_task(request, user)) is not None:
        return found
    if not request.is_pending:
        raise RuleBroken(_("This is decided already."), code="decided")
    if ApprovalTask.objects.filter(request=request, approver=user, state=Task.SKIPPED).exists():
        raise RuleBroken(_("Somebody else has answered already."), code="decided")
    raise RuleBroken(_("It is not your turn to decide this."), code="not_yours")


def _close(task: ApprovalTask, state: str, comment: str) -> None:
    task.state, task.closed_at, task.comment = state, timezone.now(), tidy(comment)[:LONGEST_COMMENT]
    task.save(update_fields=["state", "closed_at", "comment"])


def _reason(comment: str) -> str:
    comment = tidy(comment)[:LONGEST_COMMENT]
    if not comment:
        raise RuleBroken(_("Say why."), field="comment")
    return comment


def _step_words(step: ApprovalStep) -> str:
    return step.name or _("Step %(n)s") % {"n": step.position + 1}


def _about(request: ApprovalRequest) -> list[models.Model]:
    """The record and what it belongs to: their timelines tell of it as well."""
    kind = request.approvable
    record = kind.subject(request.subject_id) if kind else None
    return [record, *kind.about(record)] if kind and record else []
