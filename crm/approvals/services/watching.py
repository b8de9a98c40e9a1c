"""Watching over what waits: a reminder after eight working hours, the approver's manager after twenty-four."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from crm.approvals.events import MOVED_UP, REMINDED
from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.approvals.queries.people import Chart
from crm.approvals.services.deciding import Task
from crm.approvals.services.rounds import people_named
from crm.core.writes import save_versioned
from crm.events.actor import system
from crm.events.recording import record_event
from crm.records.queries import business_calendar
from crm.records.rules.calendar import Calendar, CalendarError, add_business_time

REMIND_AFTER, ESCALATE_AFTER = timedelta(hours=8), timedelta(hours=24)  # of working time
BATCH = 200


def watch() -> int:
    """Remind, pass up what nobody answered, and replace approvers who left; returns how many tasks moved. Safe to run twice."""
    now, chart = timezone.now(), Chart()
    calendar: Calendar | None = business_calendar()
    try:
        add_business_time(calendar, now, REMIND_AFTER)
    except CalendarError:  # in which nobody ever works
        calendar = None
    rows = ApprovalTask.objects.filter(state=Task.OPEN, escalated_at__isnull=True)
    ids = rows.exclude(opened_at__gt=now - REMIND_AFTER, approver__is_active=True).values_list(
        "pk", flat=True
    )
    moved = 0
    for pk in list(ids.order_by("opened_at", "pk")[:BATCH]):
        with transaction.atomic():
            moved += _look_after(pk, now, chart, calendar)
    return moved


def _look_after(pk: int, now: datetime, chart: Chart, calendar: Calendar | None) -> bool:
    request = ApprovalRequest.objects.select_for_update(of=("self",), skip_locked=True).filter(
        tasks=pk, state=ApprovalRequest.State.PENDING
    )
    found = request.first()
    if found is None:
        return False
    task = ApprovalTask.objects.select_related("approver").filter(pk=pk, state=Task.OPEN).first()
    if task is None or task.opened_at is None or task.escalated_at is not None:
        return False
    if not task.approver.is_active:
        return _move_up(found, task, chart, "left")
    if calendar is None:
        return False
    if add_business_time(calendar, task.opened_at, ESCALATE_AFTER) <= now:
        return _move_up(found, task, chart, "late")
    if task.reminded_at is None and add_business_time(calendar, task.opened_at, REMIND_AFTER) <= now:
        task.reminded_at = now
        task.save(update_fields=["reminded_at"])
        payload = {"task_id": task.pk, "approver_id": task.approver_id, "title": found.title}
        record_event(REMINDED, found, actor=system("approvals"), payload=payload)
        return True
    return False


def _move_up(request: ApprovalRequest, task: ApprovalTask, chart: Chart, why: str) -> bool:
    """Let the approver's manager decide instead; where nobody is above them the task stays, and is noted."""
    before = task.approver
    manager = chart.manager_of(before.pk)
    seats = chart.seats([manager], request.submitter_id) if manager else []
    if not seats and why == "left":
        seats = chart.seats([], request.submitter_id)
    now = timezone.now()
    person = seats[0].person if seats else None
    if person is None or person == before.pk:
        task.escalated_at = now
        task.save(update_fields=["escalated_at"])
        return False
    asked = ApprovalTask.objects.filter(
        request=request,
        step=task.step_id,
        approver=person,
        state__in=(Task.OPEN, Task.WAITING, Task.APPROVED),
    )
    if asked.exists():  # they have a part of their own in this step
        task.escalated_at = now
        task.save(update_fields=["escalated_at"])
        return False
    task.instead_of_id, task.approver_id, task.opened_at = task.instead_of_id or before.pk, person, now
    task.reminded_at = None
    task.escalated_at = None  # the manager has the whole time, and their manager after them
    task.save()
    people_named(request, [person])
    names = {"from": str(before), "from_id": before.pk, "to": str(task.approver), "to_id": person}
    payload = {"title": request.title, "why": why, "task_id": task.pk, **names}
    record_event(MOVED_UP, request, actor=system("approvals"), payload=payload)
    save_versioned(request, [])
    return True
