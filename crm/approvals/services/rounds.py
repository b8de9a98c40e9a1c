"""What follows from the state of a request's tasks: who is asked next, and what a finished request sets off."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from crm.approvals.events import APPROVED, ASKED
from crm.approvals.models import ApprovalCopy, ApprovalRequest, ApprovalStep, ApprovalTask
from crm.approvals.models.request import plain_task
from crm.approvals.queries.people import Chart
from crm.approvals.rules import rounds
from crm.core.writes import RuleBroken, save_versioned
from crm.events.actor import Actor, system
from crm.events.recording import record_event
from crm.identity.models import User
from crm.identity.services.sharing import grant_readers

State = ApprovalRequest.State
Laid = tuple[list[ApprovalStep], list[ApprovalTask]]


def laid_out(request: ApprovalRequest) -> Laid:
    """The steps and tasks of a (locked) request, in the order in which they are asked."""
    steps = list(ApprovalStep.objects.filter(request=request).order_by("position", "pk"))
    places = {step.pk: place for place, step in enumerate(steps)}
    tasks = list(ApprovalTask.objects.filter(request=request).select_related("approver").order_by("pk"))
    tasks.sort(key=lambda task: (places[task.step_id], task.pk))
    return steps, tasks


def settle(steps: Sequence[ApprovalStep], tasks: Sequence[ApprovalTask]) -> rounds.Round:
    """What the tasks mean, by the arithmetic of approvals."""
    places = {step.pk: place for place, step in enumerate(steps)}
    values = [plain_task(task, places[task.step_id]) for task in tasks]
    return rounds.settle([step.mode for step in steps], values)


@transaction.atomic
def advance(request: ApprovalRequest, *, actor: Actor) -> ApprovalRequest:
    """Bring a (locked) pending request to where its decisions put it: ask the next approvers, or end it."""
    now, chart = timezone.now(), Chart()
    while True:
        steps, tasks = laid_out(request)
        found = settle(steps, tasks)
        again = False
        for task, value in zip(tasks, found.tasks, strict=True):
            if task.state == value.state:
                continue
            task.state = value.state
            if value.state == rounds.OPEN:
                again = _seat(task, tasks, request, chart) or again
            if task.state in (rounds.SKIPPED, rounds.CANCELLED):
                task.closed_at = now
            else:  # open
                task.opened_at, task.closed_at = now, None
                task.reminded_at = task.escalated_at = None
            task.save()
            if task.state == rounds.OPEN:
                _ask(request, task)
        if not again:
            break
    if found.outcome == rounds.APPROVED:
        return finish(request, State.APPROVED, actor=actor)
    if found.outcome == rounds.REJECTED:
        return finish(request, State.REJECTED, actor=actor)
    save_versioned(request, [])
    return request


def _seat(task: ApprovalTask, tasks: Sequence[ApprovalTask], request: ApprovalRequest, chart: Chart) -> bool:
    """Somebody else is asked where the approver has left or is away by now; True where they are asked already."""
    stands_in = chart.stand_ins.get(task.instead_of_id or 0) == task.approver_id
    if stands_in and task.approver_id in chart.able:  # no chains of delegates
        return False
    (seat,) = chart.seats([task.approver_id], request.submitter_id) or [rounds.Seat(task.approver_id)]
    if seat.person == task.approver_id:
        return False
    task.instead_of_id, task.approver_id = task.instead_of_id or task.approver_id, seat.person
    people_named(request, [seat.person])
    asked = any(
        other.pk != task.pk and other.step_id == task.step_id and other.approver_id == seat.person
        for other in tasks
        if other.state not in (rounds.SKIPPED, rounds.CANCELLED)
    )
    if asked:
        task.state = rounds.SKIPPED
    return asked


def _ask(request: ApprovalRequest, task: ApprovalTask) -> None:
    payload = {"task_id": task.pk, "approver_id": task.approver_id, "title": request.title}
    record_event(ASKED, request, actor=system("approvals"), payload=payload)


@transaction.atomic
def finish(request: ApprovalRequest, state: str, *, actor: Actor) -> ApprovalRequest:
    """End a (locked) request, and let what was asked for take effect, once.

    What cannot take effect any more (the record is gone, a rule forbids it by now) leaves the decision and is noted.
    """
    request.state, request.decided_at, request.trouble = state, timezone.now(), ""
    kind = request.approvable
    record = kind.subject(request.subject_id) if kind else None
    if kind is not None and record is not None:
        try:
            with transaction.atomic():
                save_versioned(request, ["state", "decided_at", "trouble"])
                (kind.approved if state == State.APPROVED else kind.ended)(record, request, actor)
        except RuleBroken as error:
            request.refresh_from_db(fields=["version"])
            request.trouble = str(error)[:300]
            save_versioned(request, ["state", "decided_at", "trouble"])
    else:
        save_versioned(request, ["state", "decided_at", "trouble"])
    if state == State.APPROVED:
        about = [record, *kind.about(record)] if kind and record else []
        payload = {**request.told, "trouble": request.trouble}
        record_event(APPROVED, request, actor=actor, payload=payload, about=about)
        tell_copies(request)
    return request


def tell_copies(request: ApprovalRequest) -> None:
    """Those whom the flow keeps informed receive the approved request."""
    for user in User._base_manager.filter(pk__in=request.copies, is_active=True):
        ApprovalCopy.objects.get_or_create(request=request, user=user)
    people_named(request, request.copies)


def people_named(request: ApprovalRequest, ids: Iterable[int]) -> None:
    """Let people read the request: who is asked, and who receives a copy."""
    for user in User._base_manager.filter(pk__in=set(ids)).exclude(pk=request.submitter_id):
        grant_readers(ApprovalRequest, [request.pk], user, actor=system("approvals"))
