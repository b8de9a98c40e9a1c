"""Reminders: rows written with the plan, sent by whoever claims them, each exactly once."""

import datetime
from collections.abc import Iterable
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.events import REMINDER_RETRIED
from accounts.models import Activity, Reminder
from accounts.models.activity import OPEN
from accounts.news import OVERDUE, REMINDER, TEAM_OVERDUE
from accounts.rules.due import occasions
from crm.automation.services import notify
from crm.core.locks import alone_at
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.access import may
from crm.identity.models import Cover, User
from crm.identity.queries import managers_above
from crm.records.queries import business_calendar

log = structlog.get_logger(__name__)

State, Kind = Reminder.State, Reminder.Kind
AGAIN = datetime.timedelta(minutes=10)
LEASE = datetime.timedelta(seconds=30)  # far longer than an attempt takes
MAX_ATTEMPTS = 5
MOST_ROUNDS_BACK = datetime.timedelta(days=30)


def schedule(activities: Iterable[Activity]) -> None:
    """Write (or move) the reminders of planned follow-ups; moments that lie behind are not made up for.

    The manager's is written in any case: it marks the plan as one that has its reminders.
    """
    now, calendar = timezone.now(), business_calendar()
    wanted: list[Reminder] = []
    idle: list[int] = []
    for activity in activities:
        if not activity.is_planned or activity.owner_id is None:
            idle.append(activity.pk)
            continue
        moments = occasions(activity.due_at, activity.all_day, now, calendar)
        values = {"activity_id": activity.pk, "user_id": activity.owner_id}
        for kind, moment in ((Kind.DUE, moments.due), (Kind.OVERDUE, moments.overdue)):
            if moment is not None:
                wanted.append(Reminder(kind=kind, remind_at=moment, **values))
        state = State.PENDING if moments.manager else State.CANCELLED
        at = moments.manager or activity.due_at
        wanted.append(Reminder(kind=Kind.MANAGER, remind_at=at, state=state, **values))
        idle.append(activity.pk)
    with transaction.atomic():
        cancel(idle)
        Reminder._base_manager.bulk_create(
            wanted,
            batch_size=2000,
            update_conflicts=True,
            unique_fields=["activity", "user", "kind"],
            update_fields=["remind_at", "state", "sent_at", "attempts", "lease_until", "error"],
        )
        # Each moment is an occasion of its own, however often the date was moved before.
        Reminder._base_manager.filter(activity__in=idle, state=State.PENDING).update(round=F("round") + 1)


def cancel(activity_ids: Iterable[int]) -> None:
    """Nobody is reminded of these any more."""
    Reminder._base_manager.filter(activity__in=list(activity_ids), state=State.PENDING).update(
        state=State.CANCELLED
    )


def renew(activity_ids: Iterable[int]) -> None:
    """These follow-ups have new owners: from now on they are reminded, the previous ones no longer."""
    schedule(Activity._base_manager.filter(pk__in=list(activity_ids)))


def send_due(limit: int = 1000) -> int:
    """Send the reminders whose time has come; returns how many rows were taken. Safe to run side by side."""
    taken = 0
    while taken < limit and (claimed := _claim()) is not None:
        if claimed.state == State.PENDING:
            _send(claimed)
        taken += 1
    return taken


@transaction.atomic
def _claim() -> Reminder | None:
    """Take one reminder and count the attempt, committed before it is made: who died five times over it gives it up."""
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    reminder = (
        Reminder._base_manager.select_for_update(skip_locked=True, of=("self",))
        .filter(free, state=State.PENDING, remind_at__lte=now)
        .order_by("remind_at", "pk")
        .first()
    )
    if reminder is None:
        return None
    if reminder.attempts >= MAX_ATTEMPTS:
        reminder.state = State.FAILED
        reminder.error = reminder.error or "the worker stopped half-way, each time"
    else:
        reminder.attempts, reminder.lease_until = reminder.attempts + 1, now + LEASE
    reminder.save(update_fields=["state", "attempts", "lease_until", "error"])
    return reminder


def _send(claimed: Reminder) -> None:
    """Write what a reminder says and that it was sent in one transaction: a crash undoes both, nothing is doubled."""
    try:
        with transaction.atomic():
            reminder = _held(claimed).select_for_update(of=("self",)).first()
            if reminder is None:  # moved, done or taken over meanwhile
                return
            reminder.state = State.SENT if _remind(reminder) else State.CANCELLED
            reminder.sent_at, reminder.error = timezone.now(), ""
            reminder.save(update_fields=["state", "sent_at", "error"])
    except Exception as error:  # one that cannot be sent must not hold up the others
        log.exception("reminder_failed", reminder_id=claimed.pk)
        words = f"{type(error).__name__}: {error}"[:200]
        if claimed.attempts >= MAX_ATTEMPTS:
            _held(claimed).update(state=State.FAILED, error=words)
        else:
            _held(claimed).update(lease_until=timezone.now() + AGAIN, error=words)


def _held(claimed: Reminder) -> QuerySet[Reminder]:
    """The row, as long as this attempt still holds it."""
    return Reminder._base_manager.filter(
        pk=claimed.pk, state=State.PENDING, round=claimed.round, attempts=claimed.attempts
    )


@transaction.atomic
def try_again(reminder: Reminder, *, actor: Actor) -> Reminder:
    """An administrator decides that a reminder that was given up is tried again."""
    reminder = Reminder._base_manager.select_for_update(of=("self",)).get(pk=reminder.pk)
    if reminder.state != State.FAILED:
        raise RuleBroken(_("Only failed reminders can be tried again."))
    reminder.state, reminder.attempts, reminder.lease_until = State.PENDING, 0, None
    reminder.save(update_fields=["state", "attempts", "lease_until"])
    record_event(REMINDER_RETRIED, reminder.activity, actor=actor, payload={"kind": reminder.kind})
    return reminder


def _remind(reminder: Reminder) -> bool:
    activity = (
        Activity._base_manager.select_related("customer", "owner").filter(pk=reminder.activity_id).first()
    )
    if activity is None or not activity.is_planned or activity.owner_id != reminder.user_id:
        return False
    if activity.customer is not None and activity.customer.deleted_at:
        return False
    if reminder.kind == Kind.MANAGER:
        return _escalate(reminder, activity)
    covers = User._base_manager.filter(covers__in=Cover.objects.running().filter(user=activity.owner))
    notify(
        [activity.owner, *covers.distinct()],
        REMINDER if reminder.kind == Kind.DUE else OVERDUE,
        params=_particulars,
        body=_text,
        url=activity.get_absolute_url(),
        about=activity,
        dedupe=f"{reminder.pk}:{reminder.round}",
        work_of=activity.owner,
    )
    return True


def _escalate(reminder: Reminder, activity: Activity) -> bool:
    """Tell the nearest manager who may see it that a follow-up of their team was not done for three working days."""
    manager = next((one for one in managers_above(activity.owner) if may(one, "view", activity)), None)
    if manager is None:
        return False
    notify(
        [manager],
        TEAM_OVERDUE,
        params=lambda seen: {**_particulars(seen), "person": str(activity.owner)},
        body=_text,
        url=activity.get_absolute_url(),
        about=activity,
        dedupe=f"{reminder.pk}:{reminder.round}",
        work_of=activity.owner,
    )
    return True


def _particulars(activity: Activity) -> dict[str, Any]:
    return {
        "what": activity.headline,
        "record": str(activity.with_whom or ""),
        "due_at": activity.due_at.isoformat(),
        "all_day": activity.all_day,
    }


def _text(activity: Activity) -> str:
    return activity.body[:300]


def sweep(limit: int = 5000) -> int:
    """Plans that came without reminders (by import or another door) get theirs; returns how many follow-ups."""
    with alone_at("sweep-reminders") as mine:
        if not mine:  # two at once would count every occasion twice
            return 0
        missing = Activity._base_manager.filter(
            OPEN,
            Q(owner__isnull=False),
            ~Exists(Reminder._base_manager.filter(activity=OuterRef("pk"), kind=Kind.MANAGER)),
            due_at__gte=timezone.now() - MOST_ROUNDS_BACK,
        )
        found = list(missing.order_by("due_at", "pk")[:limit])
        schedule(found)
        return len(found)
