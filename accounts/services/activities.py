"""Follow-ups: recorded, planned, done, put off, taken back. Every change also keeps the customer's dates right."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.events import (
    ACTIVITY_CANCELLED,
    ACTIVITY_COMPLETED,
    ACTIVITY_LOGGED,
    ACTIVITY_PLANNED,
    ACTIVITY_RESCHEDULED,
)
from accounts.models import Activity, ActivityKind, Contact, Customer, Outcome
from accounts.models.activity import DONE, OPEN
from accounts.models.followed import Followed
from accounts.rules.chat import readable
from accounts.rules.due import company_zone, due_date
from accounts.rules.followup import is_valid
from accounts.services import reminders
from accounts.services.activity_news import note_mentions, tell_assigned, tell_mentioned
from accounts.services.customer_dates import lock_followed, sync_customers, sync_records
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity.access import may
from crm.identity.models import User
from crm.records.models import StoredFile
from crm.records.services.record_files import attach_files

# Being in touch in these ways asks for a next date, or a reason why there is none, while the customer is open.
OBLIGED = (ActivityKind.CALL, ActivityKind.VISIT, ActivityKind.MEETING)
MOST_TEXT = 20_000


@dataclass(frozen=True)
class NextStep:
    """What comes next: a date with what is to be done then, or the reason why there is nothing."""

    at: datetime.datetime | None = None
    all_day: bool = True
    kind: str = ""
    subject: str = ""
    reason: str = ""


@dataclass
class Logged:
    """A recorded follow-up with what it brought about."""

    activity: Activity
    closed: list[Activity] = field(default_factory=list)
    next: Activity | None = None
    unreached: list[User] = field(default_factory=list)  # mentioned, but may not see it


@transaction.atomic
def log_follow_up(
    *,
    actor: Actor,
    author: User,
    kind: str,
    customer: Customer | None = None,
    record: Followed | None = None,
    body: str = "",
    subject: str = "",
    contact: Contact | None = None,
    participants: Iterable[User] = (),
    owner: User | None = None,
    outcome: str = "",
    done_at: datetime.datetime | None = None,
    started_at: datetime.datetime | None = None,
    duration_minutes: int | None = None,
    next_step: NextStep | None = None,
    files: Iterable[StoredFile] = (),
    must_plan: bool = False,
    counts: bool = True,
    external_id: str = "",
) -> Logged:
    """Record that somebody was in touch: closes what they had planned there up to today and plans the next step.

    `record` is what it is about beside the customer, whose customer it stands with too. With `must_plan` (forms) a call,
    visit or meeting needs a next date or the reason why there is none. What a machine wrote does not count (`counts`) as
    a follow-up that keeps a record with its owner.
    """
    now = timezone.now()
    customer, record = _with_whom(customer, record)
    files = list(files)
    activity = Activity(
        kind=kind,
        customer=customer,
        record=record,
        contact=contact,
        subject=tidy(subject),
        body=body,
        owner=owner or author,
        team_id=(owner or author).team_id,
        owner_since=now,
        author=author,
        outcome=outcome,
        done_at=done_at or now,
        started_at=started_at,
        duration_minutes=duration_minutes,
        external_id=external_id,
        origin=actor.origin,
    )
    _check(activity, now)
    if not (content := _text(activity)) and not files and not activity.subject:
        raise RuleBroken(_("Write what happened."), field="body")
    activity.body = content
    activity.is_valid = counts and is_valid(
        content or activity.subject, _last_text(activity), has_file=bool(files)
    )
    activity.fill_search()
    note_mentions(activity)
    activity.save()
    activity.participants.set(participants)
    _attach(activity, files, actor)
    closed = [] if done_at else _close_planned(activity, actor)
    result = Logged(activity, closed, _plan_next(activity, next_step, must_plan, actor=actor, author=author))
    record_event(ACTIVITY_LOGGED, activity, actor=actor, payload={"kind": kind})
    _refresh(activity)
    result.unreached = tell_mentioned(activity, actor)
    return result


@transaction.atomic
def plan_follow_up(
    *,
    actor: Actor,
    author: User,
    kind: str,
    owner: User | None = None,
    customer: Customer | None = None,
    record: Followed | None = None,
    due_at: datetime.datetime | None = None,
    all_day: bool = False,
    subject: str = "",
    body: str = "",
    contact: Contact | None = None,
    participants: Iterable[User] = (),
    files: Iterable[StoredFile] = (),
    external_id: str = "",
) -> Activity:
    """Plan a follow-up for oneself or for a colleague who may see the customer; they are reminded of it."""
    owner = owner or author
    if not owner.is_active:
        raise RuleBroken(_("%(name)s has left. Choose somebody else.") % {"name": owner}, field="owner")
    customer, record = _with_whom(customer, record)
    whole = record or customer
    if whole is not None and owner.pk != author.pk and not may(owner, "view", whole):
        raise RuleBroken(
            _("%(name)s cannot see this customer. Share it first.") % {"name": owner}, field="owner"
        )
    activity = Activity(
        kind=kind,
        customer=customer,
        record=record,
        contact=contact,
        subject=tidy(subject),
        body=body,
        owner=owner,
        team_id=owner.team_id,
        owner_since=timezone.now(),
        author=author,
        due_at=due_at,
        first_due_at=due_at,
        all_day=all_day and due_at is not None,
        external_id=external_id,
        origin=actor.origin,
    )
    _check(activity, timezone.now())
    activity.body = _text(activity)
    activity.fill_search()
    note_mentions(activity)
    activity.save()
    activity.participants.set(participants)
    _attach(activity, files, actor)
    reminders.schedule([activity])
    record_event(ACTIVITY_PLANNED, activity, actor=actor, payload={"kind": kind})
    _refresh(activity)
    tell_assigned(activity, actor)
    tell_mentioned(activity, actor)
    return activity


@transaction.atomic
def complete(
    activity: Activity,
    *,
    actor: Actor,
    author: User,
    body: str = "",
    kind: str = "",
    outcome: str = "",
    done_at: datetime.datetime | None = None,
    duration_minutes: int | None = None,
    next_step: NextStep | None = None,
    files: Iterable[StoredFile] = (),
    must_plan: bool = False,
    expected: int | None = None,
) -> Logged:
    """Mark a planned follow-up as done, with what came of it and what comes next."""
    activity = _locked(activity)
    check_version(activity, expected)
    if not activity.is_open:
        raise RuleBroken(_("This is done already."), code="not_open")
    files = list(files)
    with recording(ACTIVITY_COMPLETED, activity, actor=actor):
        activity.done_at = done_at or timezone.now()
        activity.kind = kind or activity.kind
        activity.outcome = outcome
        activity.duration_minutes = duration_minutes or activity.duration_minutes
        activity.plan = activity.body
        activity.body = _text(activity, body) if body.strip() else activity.body
        _check(activity, timezone.now())
        written = body.strip() and activity.body
        activity.is_valid = is_valid(written or "", _last_text(activity), has_file=bool(files))
        planned = _plan_next(activity, next_step, must_plan, actor=actor, author=author, save=False)
        names = [
            "done_at",
            "kind",
            "outcome",
            "duration_minutes",
            "plan",
            "body",
            "is_valid",
            "next_activity",
            "no_next_reason",
        ]
        names += ["next_follow_up_at", "next_all_day", *activity.fill_search(), *note_mentions(activity)]
        save_versioned(activity, names)
    _attach(activity, files, actor)
    reminders.cancel([activity.pk])
    _refresh(activity)
    return Logged(activity, [], planned, tell_mentioned(activity, actor) if written else [])


@transaction.atomic
def reschedule(
    activity: Activity,
    *,
    due_at: datetime.datetime,
    all_day: bool = False,
    actor: Actor,
    expected: int | None = None,
) -> Activity:
    """Move a planned follow-up to another time; putting it off is counted, the date first promised stays known."""
    activity = _locked(activity)
    check_version(activity, expected)
    if not activity.is_open:
        raise RuleBroken(_("This is done already."), code="not_open")
    with recording(ACTIVITY_RESCHEDULED, activity, actor=actor):
        if activity.due_at and due_at > activity.due_at:
            activity.postponed += 1
        activity.due_at, activity.all_day = due_at, all_day
        activity.first_due_at = activity.first_due_at or due_at
        save_versioned(activity, ["due_at", "all_day", "first_due_at", "postponed"])
    reminders.schedule([activity])
    _refresh(activity)
    return activity


@transaction.atomic
def cancel(activity: Activity, *, actor: Actor, expected: int | None = None) -> Activity:
    """Drop a planned follow-up that will not happen."""
    activity = _locked(activity)
    check_version(activity, expected)
    if not activity.is_open:
        raise RuleBroken(_("This is done already."), code="not_open")
    with recording(ACTIVITY_CANCELLED, activity, actor=actor):
        activity.cancelled_at = timezone.now()
        save_versioned(activity, ["cancelled_at"])
    reminders.cancel([activity.pk])
    _refresh(activity)
    return activity


# --- What the changes share ---------------------------------------------------------------------------------------


def _with_whom(customer: Customer | None, record: Followed | None) -> tuple[Customer | None, Followed | None]:
    """The customer and the record a new follow-up stands with, locked; a record's own customer is taken where none is named."""
    own = getattr(record, "customer_id", None)
    if customer is not None and own is not None and own != customer.pk:
        raise RuleBroken(_("This belongs to another customer."), field="customer")
    return lock_followed(customer.pk if customer is not None else own, record)


def _locked(activity: Activity) -> Activity:
    """The activity locked after what it stands with, in the order every change keeps (so that none waits for another)."""
    lock_followed(activity.customer_id, activity.record)
    return lock(activity)


def _beside(activity: Activity) -> Q | None:
    """The follow-ups about the same thing: the record, else the customer; None where it stands alone."""
    if activity.record_id is not None:
        return Q(record_type=activity.record_type_id, record_id=activity.record_id)
    return Q(customer=activity.customer_id) if activity.customer_id is not None else None


def _check(activity: Activity, now: datetime.datetime) -> None:
    if activity.kind not in ActivityKind.values:
        raise RuleBroken(_("Choose one of the values offered."), field="kind")
    if activity.outcome and activity.outcome not in Outcome.values:
        raise RuleBroken(_("Choose one of the values offered."), field="outcome")
    if len(activity.subject) > 200:
        raise RuleBroken(_("At most 200 characters."), field="subject")
    if activity.done_at and activity.done_at > now + datetime.timedelta(minutes=5):
        raise RuleBroken(_("This lies in the future. Plan it instead."), field="done_at")
    contact = activity.contact
    if contact is not None and activity.customer_id:
        at_home = contact.customer_id == activity.customer_id
        if not at_home and not contact.links.filter(customer=activity.customer_id).exists():
            raise RuleBroken(_("This person belongs to another customer."), field="contact")


def _text(activity: Activity, body: str | None = None) -> str:
    """The text as it is kept: trimmed, a pasted chat made readable, not over-long."""
    text = (activity.body if body is None else body).replace("\r\n", "\n").replace("\x00", "").strip()
    if activity.kind == ActivityKind.WECHAT:
        text = readable(text)
    if len(text) > MOST_TEXT:
        raise RuleBroken(_("At most %(count)s characters.") % {"count": f"{MOST_TEXT:,}"}, field="body")
    return text


def _last_text(activity: Activity) -> str:
    """What the last follow-up about the same thing said."""
    beside = _beside(activity)
    if beside is None:
        return ""
    done = Activity._base_manager.filter(DONE, beside).exclude(pk=activity.pk).order_by("-done_at", "-pk")
    return done.values_list("body", flat=True).first() or ""


def _close_planned(activity: Activity, actor: Actor) -> list[Activity]:
    """Close the author's earliest plan about the same thing that is due by today, one of the same kind first."""
    beside = _beside(activity)
    if beside is None:
        return []
    tomorrow = datetime.datetime.combine(
        due_date(activity.done_at, False) + datetime.timedelta(days=1), datetime.time(0), company_zone()
    )
    plans = list(
        Activity._base_manager.select_for_update(of=("self",))
        .filter(OPEN, beside, owner=activity.owner_id, due_at__lt=tomorrow)
        .exclude(kind=ActivityKind.TASK)
        .order_by("due_at", "pk")
    )
    if not plans:
        return []
    plan = next((p for p in plans if p.kind == activity.kind), plans[0])
    with recording(ACTIVITY_COMPLETED, plan, actor=actor):
        plan.done_at, plan.closed_by, plan.outcome = activity.done_at, activity, activity.outcome
        save_versioned(plan, ["done_at", "closed_by", "outcome"])
    reminders.cancel([plan.pk])
    return [plan]


def _plan_next(
    activity: Activity,
    step: NextStep | None,
    must_plan: bool,
    *,
    actor: Actor,
    author: User,
    save: bool = True,
) -> Activity | None:
    """Plan what the follow-up says comes next, or keep the reason why nothing does."""
    planned = None
    if step is not None and step.at is not None:
        if due_date(step.at, step.all_day) < due_date(timezone.now(), False):
            raise RuleBroken(_("The next follow-up lies in the past."), field="next_follow_up_at")
        planned = plan_follow_up(
            actor=actor,
            author=author,
            owner=activity.owner if activity.owner and activity.owner.is_active else author,
            customer=activity.customer,
            record=activity.record,
            contact=activity.contact,
            kind=step.kind or _next_kind(activity.kind),
            subject=step.subject,
            due_at=step.at,
            all_day=step.all_day,
        )
        activity.next_activity, activity.next_follow_up_at = planned, step.at
        activity.next_all_day = step.all_day
    elif step is not None and step.reason:
        activity.no_next_reason = tidy(step.reason)[:200]
    elif must_plan and activity.kind in OBLIGED and _asks(activity) and not _has_plan(activity):
        raise RuleBroken(
            _("Choose the next date, or say why there is no next step."), field="next_follow_up_at"
        )
    if save and (planned or activity.no_next_reason):
        activity.save(update_fields=["next_activity", "next_follow_up_at", "next_all_day", "no_next_reason"])
    return planned


def _next_kind(kind: str) -> str:
    return ActivityKind.CALL if kind in (ActivityKind.NOTE, ActivityKind.SMS) else kind


def _asks(activity: Activity) -> bool:
    """Whether what it is about still asks for a next step."""
    whole = activity.with_whom
    return whole is not None and whole.asks_for_follow_up


def _has_plan(activity: Activity) -> bool:
    plans = Activity._base_manager.filter(OPEN, _beside(activity) or Q(), due_at__gte=timezone.now())
    return plans.filter(~Q(pk=activity.pk)).exists()


def _attach(activity: Activity, files: Iterable[StoredFile], actor: Actor) -> None:
    """Give the files to the follow-up, which tells of them itself."""
    attach_files(activity, files, actor=actor, telling=False)


def _refresh(activity: Activity) -> None:
    if activity.customer_id:
        sync_customers(
            [activity.customer_id], contact_ids=[activity.contact_id] if activity.contact_id else []
        )
    if activity.record is not None:
        sync_records(type(activity.record), [activity.record.pk])
