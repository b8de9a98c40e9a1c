"""Carrying out the steps that have fallen due: rows say what is due, a timer only wakes this, twice is as good as once.

A step, the mail or task it brings about and the date of the next one are one transaction; the mail itself leaves by the
house's outbox under a Message-ID of its own. What cannot be done five times is given up, not tried for ever.
"""

import datetime

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Activity, ActivityKind
from accounts.services import log_follow_up, plan_follow_up
from accounts.services.customer_dates import lock_followed
from crm.automation.models import OutgoingEmail
from crm.automation.queries import is_suppressed
from crm.core.writes import save_versioned
from crm.events.actor import Actor, system
from crm.records.queries import business_calendar
from sales.models import CadenceStep, Enrolment, StepKind, StepRun, StopReason
from sales.models.cadence import LIVE
from sales.rules.cadences import is_within, next_moment
from sales.services.cadence_mail import body_of, mail_step, words_of
from sales.services.enrolments import State, address_of, due, end

log = structlog.get_logger(__name__)

LEASE = datetime.timedelta(seconds=60)
AGAIN = datetime.timedelta(minutes=10)
MAX_ATTEMPTS = 5
ACTOR = system("cadences")
TASKS = {
    StepKind.MANUAL_EMAIL: ActivityKind.EMAIL,
    StepKind.CALL: ActivityKind.CALL,
    StepKind.WECHAT: ActivityKind.WECHAT,
    StepKind.VISIT: ActivityKind.VISIT,
    StepKind.TASK: ActivityKind.TASK,
}
Sent = OutgoingEmail.State
OPEN_TASKS = Q(
    waits_for__isnull=False,
    waits_for__done_at__isnull=True,
    waits_for__cancelled_at__isnull=True,
    waits_for__deleted_at__isnull=True,
)


def run_due(limit: int = 500) -> int:
    """Settle what has left, go on where a task was done, and carry out due steps; returns how many enrolments were taken."""
    settle_mails()
    release_done()
    taken = 0
    while taken < limit and (claimed := _claim()) is not None:
        if claimed.state == State.ACTIVE:
            _attempt(claimed)
        taken += 1
    return taken


@transaction.atomic
def _claim() -> Enrolment | None:
    """Take one enrolment whose step is due, counting the attempt before it is made."""
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    enrolment = (
        Enrolment._base_manager.select_for_update(skip_locked=True, of=("self",))
        .filter(free, state=State.ACTIVE, next_at__lte=now)
        .order_by("next_at", "pk")
        .first()
    )
    if enrolment is None:
        return None
    enrolment.attempts, enrolment.lease_until = enrolment.attempts + 1, now + LEASE
    Enrolment._base_manager.filter(pk=enrolment.pk).update(
        attempts=enrolment.attempts, lease_until=enrolment.lease_until
    )
    return enrolment


def _attempt(claimed: Enrolment) -> None:
    try:
        with transaction.atomic():
            lock_followed(claimed.customer_id, claimed.lead)
            enrolment = _held(claimed).select_for_update(of=("self",)).first()
            if enrolment is not None:  # else paused, stopped or taken over meanwhile
                if claimed.attempts > MAX_ATTEMPTS:
                    end(enrolment, State.STOPPED, StopReason.FAILED, ACTOR)
                else:
                    _carry_out(enrolment)
    except Exception as error:  # one that cannot be done must not hold up the others
        log.exception("cadence_step_failed", enrolment_id=claimed.pk)
        _held(claimed).update(
            lease_until=timezone.now() + AGAIN, error=f"{type(error).__name__}: {error}"[:200]
        )


def _held(claimed: Enrolment) -> QuerySet[Enrolment]:
    """The row, as long as this attempt still holds it."""
    return Enrolment._base_manager.filter(pk=claimed.pk, state=State.ACTIVE, attempts=claimed.attempts)


def _carry_out(enrolment: Enrolment) -> None:
    """Do the step that is due, or end the enrolment where there is a reason to."""
    now, calendar = timezone.now(), business_calendar()
    cadence, step = enrolment.cadence, enrolment.next_step
    if reason := _reason_to_stop(enrolment, step):
        end(enrolment, State.STOPPED, reason, ACTOR)
        return
    if step is None:
        end(enrolment, State.FINISHED, "", ACTOR)
        return
    window = (cadence.send_from, cadence.send_until)
    if not is_within(
        now, window, calendar
    ):  # it fell due while nothing ran: in the next hours of the cadence
        _put(enrolment, step, next_moment(now, 0, window, calendar))
        return
    run = StepRun(enrolment=enrolment, step=step, kind=step.kind, subject=step.subject, at=now)
    if step.is_automatic:
        run.email = mail_step(enrolment, step)
        run.subject = run.email.subject
    else:
        run.activity = _plan(enrolment, step)
        run.settled_at = now
    run.save()
    following = _after(enrolment, step)
    if run.activity is not None:
        enrolment.waits_for = run.activity
        _put(enrolment, following, None)
    else:
        _go_on(enrolment, following, now)


def _reason_to_stop(enrolment: Enrolment, step: CadenceStep | None) -> str:
    who, owned = enrolment.who, enrolment.lead or enrolment.customer
    if who.deleted_at is not None or owned is None or owned.deleted_at is not None:
        return StopReason.GONE
    if enrolment.lead is not None and not enrolment.lead.is_open:
        return StopReason.CLOSED
    if owned.owner_id is None or enrolment.owner is None or not enrolment.owner.is_active:
        return StopReason.OWNER
    if step is not None and step.is_automatic:
        address = address_of(who, enrolment.owner)
        if not address:
            return StopReason.NO_ADDRESS
        if is_suppressed(address):
            return StopReason.OPTED_OUT
    return ""


def _plan(enrolment: Enrolment, step: CadenceStep) -> Activity:
    """The task of a step, due today; what is to be said stands in it with its fields filled in."""
    assert enrolment.owner is not None
    subject, body = words_of(enrolment, step)
    return plan_follow_up(
        actor=ACTOR,
        author=enrolment.owner,
        kind=TASKS[StepKind(step.kind)],
        customer=enrolment.customer,
        contact=enrolment.contact,
        record=enrolment.lead,
        due_at=timezone.now(),
        all_day=True,
        subject=subject[:200],
        body=body,
    )


def _after(enrolment: Enrolment, step: CadenceStep) -> CadenceStep | None:
    """The next step nobody was taken through yet: steps that changed places are not done twice."""
    done = enrolment.runs.exclude(step=None).values("step_id")
    rows = enrolment.cadence.steps.filter(position__gt=step.position).exclude(pk__in=done)
    return rows.order_by("position", "pk").first()


def _go_on(enrolment: Enrolment, following: CadenceStep | None, now: datetime.datetime) -> None:
    if following is None:
        _put(enrolment, None, None)
        if not enrolment.runs.filter(settled_at__isnull=True).exists():
            end(enrolment, State.FINISHED, "", ACTOR)
        return
    _put(enrolment, following, due(enrolment.cadence, following, now))


def _put(enrolment: Enrolment, step: CadenceStep | None, at: datetime.datetime | None) -> None:
    enrolment.next_step, enrolment.next_at = step, at
    enrolment.attempts, enrolment.lease_until, enrolment.error = 0, None, ""
    save_versioned(enrolment, ["next_step", "next_at", "waits_for", "attempts", "lease_until", "error"])


def release_done(limit: int = 1000) -> int:
    """Where the task of a step is done, cancelled or gone, the delay of the next step begins; returns how many."""
    rows = Enrolment._base_manager.filter(LIVE, next_at__isnull=True).exclude(OPEN_TASKS)
    rows = rows.filter(Q(waits_for__isnull=False) | Q(next_step__isnull=False))
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:limit])
    for pk in ids:
        _release(pk)
    return len(ids)


@transaction.atomic
def _release(pk: int) -> None:
    seen = Enrolment._base_manager.select_related("lead").get(pk=pk)
    lock_followed(seen.customer_id, seen.lead)
    enrolment = Enrolment._base_manager.select_for_update(of=("self",)).get(pk=pk)
    task = enrolment.waits_for
    if not enrolment.is_live or enrolment.next_at is not None or (task is not None and task.is_open):
        return
    done_at = task.done_at if task is not None and task.done_at else timezone.now()
    enrolment.waits_for = None
    _go_on(enrolment, enrolment.next_step, done_at)


def settle_mails(limit: int = 1000) -> int:
    """Write mails that have left into the timeline, and end what failed; returns how many there were."""
    over = (Sent.SENT, Sent.FAILED, Sent.DROPPED, Sent.UNCERTAIN)
    rows = StepRun._base_manager.filter(settled_at__isnull=True, email__state__in=over)
    ids = list(rows.order_by("at", "pk").values_list("pk", flat=True)[:limit])
    for pk in ids:
        _settle(pk)
    return len(ids)


@transaction.atomic
def _settle(pk: int) -> None:
    seen = StepRun._base_manager.select_related("enrolment__lead").get(pk=pk)
    lock_followed(seen.enrolment.customer_id, seen.enrolment.lead)
    enrolment = Enrolment._base_manager.select_for_update(of=("self",)).get(pk=seen.enrolment_id)
    run = StepRun._base_manager.select_for_update(of=("self",)).get(pk=pk)
    if run.settled_at is not None or run.email is None:
        return
    run.settled_at = timezone.now()
    if run.email.state == Sent.SENT:
        run.activity = _note_mail(enrolment, run.email)
    run.save(update_fields=["settled_at", "activity"])
    if not enrolment.is_live:
        return
    if run.email.state == Sent.FAILED:
        end(enrolment, State.STOPPED, StopReason.FAILED, ACTOR)
    elif run.email.state == Sent.DROPPED:
        end(enrolment, State.STOPPED, StopReason.OPTED_OUT, ACTOR)
    elif enrolment.next_step is None and enrolment.waits_for is None:
        _go_on(enrolment, None, timezone.now())


def _note_mail(enrolment: Enrolment, mail: OutgoingEmail) -> Activity | None:
    """The mail in the timeline. It keeps nobody out of the pool: nobody has done anything."""
    if enrolment.owner is None:
        return None
    return log_follow_up(
        actor=Actor("system", "cadences", str(enrolment.owner), None, "task"),
        author=enrolment.owner,
        kind=ActivityKind.EMAIL,
        customer=enrolment.customer,
        contact=enrolment.contact,
        record=enrolment.lead,
        subject=mail.subject[:200],
        body=body_of(mail),
        done_at=mail.sent_at or timezone.now(),
        counts=False,
    ).activity
