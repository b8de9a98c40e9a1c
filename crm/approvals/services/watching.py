"""Watching over what waits: a reminder after eight working hours, the approver's manager after twenty-four."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crm.approvals.events import MOVED_UP, REMINDED
from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.approvals.queries.people import Chart
from crm.approvals.services.deciding import Task
from crm.approvals.services.rounds import advance, people_named
from crm.core.writes import save_versioned
from crm.events.actor import system
from crm.events.recording import record_event
from crm.identity.models import User
from crm.records.queries import business_calendar
from crm.records.rules.calendar import Calendar, CalendarError, add_business_time

REMIND_AFTER, ESCALATE_AFTER = timedelta(hours=8), timedelta(hours=24)  # of working time
LEFT, LATE, REMIND = "left", "late", "remind"


def watch() -> int:
    """Remind, pass up what nobody answered, and replace approvers who left; returns how many tasks moved. Safe to run twice."""
    now, chart = timezone.now(), Chart()
    calendar: Calendar | None = business_calendar()
    try:
        add_business_time(calendar, now, REMIND_AFTER)
    except CalendarError:  # in which nobody ever works
        calendar = None
    asked = ApprovalTask.objects.filter(state=Task.OPEN, request__state=ApprovalRequest.State.PENDING)
    late = Q(opened_at__lte=now - REMIND_AFTER, escalated_at__isnull=True)
    rows = asked.filter(late | Q(approver__is_active=False)).select_related("approver")
    due = [task.pk for task in rows.order_by("opened_at", "pk") if _wants(task, now, calendar)]
    moved = 0
    for pk in due:
        with transaction.atomic():
            moved += _look_after(pk, now, chart, calendar)
    return moved


def follow(submitter: str | int) -> None:
    """What somebody submitted who has left, by their id, is read by whoever has the record now, and can be withdrawn by them."""
    rows = ApprovalRequest.objects.filter(submitter=submitter, state=ApprovalRequest.State.PENDING)
    for request in rows:
        record = request.approvable.subject(request.subject_id) if request.approvable else None
        owner = getattr(record, "owner_id", None)
        if owner is not None:
            people_named(request, [owner])


def _wants(task: ApprovalTask, now: datetime, calendar: Calendar | None) -> str:
    """What a task asks for by now: somebody else, because its approver left or is late, a reminder, or nothing."""
    if not task.approver.is_active:
        return LEFT
    if calendar is None or task.opened_at is None or task.escalated_at is not None:
        return ""
    if add_business_time(calendar, task.opened_at, ESCALATE_AFTER) <= now:
        return LATE
    reminds = task.reminded_at is None and add_business_time(calendar, task.opened_at, REMIND_AFTER) <= now
    return REMIND if reminds else ""


def _look_after(pk: int, now: datetime, chart: Chart, calendar: Calendar | None) -> bool:
    request = ApprovalRequest.objects.select_for_update(of=("self",), skip_locked=True).filter(
        tasks=pk, state=ApprovalRequest.State.PENDING
    )
    found = request.first()
    if found is None:
        return False
    task = ApprovalTask.objects.select_related("approver").filter(pk=pk, state=Task.OPEN).first()
    wants = _wants(task, now, calendar) if task is not None else ""
    if task is None or not wants:
        return False
    if wants != REMIND:
        return _move_up(found, task, chart, wants)
    task.reminded_at = now
    task.save(update_fields=["reminded_at"])
    payload = {"task_id": task.pk, "approver_id": task.approver_id, "title": found.title}
    record_event(REMINDED, found, actor=system("approvals"), payload=payload)
    return True


def _move_up(request: ApprovalRequest, task: ApprovalTask, chart: Chart, why: str) -> bool:
    """Let the approver's manager decide instead.

    Where nobody is above them, or who is has a part of their own in this step, a late task stays where it is, and is
    noted. The part of who left falls away where the other decides anyway: nobody would ever answer it.
    """
    before, now, actor = task.approver, timezone.now(), system("approvals")
    manager = chart.manager_of(before.pk)
    seats = chart.seats([manager], request.submitter_id) if manager else []
    if not seats and why == LEFT:
        seats = chart.seats([], request.submitter_id)
    person = seats[0].person if seats and seats[0].person != before.pk else None
    has_a_part = ApprovalTask.objects.filter(
        request=request,
        step=task.step_id,
        approver=person,
        state__in=(Task.OPEN, Task.WAITING, Task.APPROVED),
    ).exists()
    if person is None or (has_a_part and why == LATE):
        task.escalated_at = now
        task.save(update_fields=["escalated_at"])
        return False
    if has_a_part:
        task.state, task.closed_at = Task.SKIPPED, now
    else:
        task.instead_of_id, task.approver_id, task.opened_at = task.instead_of_id or before.pk, person, now
        task.reminded_at = None
        task.escalated_at = None  # the manager has the whole time, and their manager after them
        people_named(request, [person])
    task.save()
    to = User._base_manager.get(pk=person)
    names = {"from": str(before), "from_id": before.pk, "to": str(to), "to_id": person}
    payload = {"title": request.title, "why": why, "task_id": task.pk, **names}
    record_event(MOVED_UP, request, actor=actor, payload=payload)
    if has_a_part:
        advance(request, actor=actor)
    else:
        save_versioned(request, [])
    return True
