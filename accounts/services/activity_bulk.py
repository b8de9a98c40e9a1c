"""Follow-ups of many customers at once, set-based."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from accounts.events import ACTIVITY_CANCELLED, ACTIVITY_LOGGED, ACTIVITY_PLANNED
from accounts.models import Activity, ActivityKind, Customer
from accounts.models.activity import OPEN
from accounts.models.followed import Followed, followed_models
from accounts.rules.followup import is_valid
from accounts.services import reminders
from accounts.services.customer_dates import lock_customers, sync_customers, sync_records
from crm.core.text import tidy
from crm.events.actor import Actor
from crm.events.recording import EventRow, record_events
from crm.identity import services as identity
from crm.identity.models import User
from crm.records.searchable import search_columns

BATCH = 2000


@transaction.atomic
def plan_many(
    customers: models.QuerySet[Customer] | Iterable[Customer],
    *,
    author: User | None = None,
    actor: Actor,
    due_at: datetime.datetime,
    all_day: bool = True,
    kind: str = ActivityKind.CALL,
    subject: str = "",
) -> list[int]:
    """Plan the same follow-up with many customers, each for its own owner (for oneself where there is none).

    Returns the ids of the customers planned for. The caller has chosen only customers the author may change.
    """
    ids = [c.pk for c in customers] if not isinstance(customers, models.QuerySet) else customers.values("pk")
    rows = list(
        Customer._base_manager.select_for_update(of=("self",))
        .filter(pk__in=ids)
        .order_by("pk")
        .only("pk", "owner_id", "team_id")
    )
    owners = User._base_manager.filter(pk__in={c.owner_id for c in rows if c.owner_id}, is_active=True)
    teams = dict(owners.values_list("pk", "team_id"))
    author = author or User._base_manager.get(pk=actor.user_id)
    now, subject = timezone.now(), tidy(subject)[:200]
    text, grams = search_columns([subject])
    planned = Activity._base_manager.bulk_create(
        [
            Activity(
                kind=kind,
                subject=subject,
                customer_id=customer.pk,
                owner_id=customer.owner_id if customer.owner_id in teams else author.pk,
                team_id=teams.get(customer.owner_id, author.team_id),
                owner_since=now,
                author=author,
                due_at=due_at,
                first_due_at=due_at,
                all_day=all_day,
                search_text=text,
                search_grams=grams,
                origin=actor.origin,
            )
            for customer in rows
        ],
        batch_size=BATCH,
    )
    reminders.schedule(planned)
    record_events(
        ACTIVITY_PLANNED,
        [EventRow(Activity, a.pk, payload={"kind": kind}) for a in planned],
        actor=actor,
    )
    done = [c.pk for c in rows]
    sync_customers(done)
    return done


@transaction.atomic
def hand_over_open(customer_ids: Iterable[int], *, new_owner: User | None, actor: Actor) -> int:
    """What a customer's previous owner still had planned goes to the new one; without a new owner it is cancelled.

    Called by the transfer of customers, in its transaction, after `previous_owner` is set. Closed history keeps its
    people. Returns how many follow-ups moved.
    """
    ids = list(customer_ids)
    lock_customers(ids)
    plans = Activity._base_manager.filter(OPEN, customer__in=ids, owner=F("customer__previous_owner"))
    plans = plans.exclude(owner=F("customer__owner"))
    plan_ids = list(plans.order_by("pk").values_list("pk", flat=True))
    if not plan_ids:
        return 0
    if new_owner is not None:
        identity.assign(Activity._base_manager.filter(pk__in=plan_ids), owner=new_owner, actor=actor)
    followed(plan_ids, owner=new_owner, actor=actor)
    return len(plan_ids)


@transaction.atomic
def followed(ids: Sequence[int], *, owner: User | None, actor: Actor) -> None:
    """What goes with open follow-ups that changed hands: their new owner is reminded; nobody's are cancelled."""
    plans = Activity._base_manager.filter(pk__in=ids)
    if owner is not None:
        reminders.renew(ids)
        return
    now = timezone.now()
    customers = lock_customers(plans.exclude(customer=None).values_list("customer_id", flat=True))
    plans.update(cancelled_at=now, updated_at=now, version=F("version") + 1)
    rows = [EventRow(Activity, pk, payload={"why": "no owner"}) for pk in ids]
    record_events(ACTIVITY_CANCELLED, rows, actor=actor)
    reminders.cancel(ids)
    sync_customers([customer.pk for customer in customers])


@dataclass
class NewActivity:
    """One follow-up of many to write at once: done (`done_at`) or planned (`due_at`), with its original people."""

    customer_id: int
    owner: User
    kind: str
    body: str = ""
    subject: str = ""
    contact_id: int | None = None
    outcome: str = ""
    done_at: datetime.datetime | None = None
    due_at: datetime.datetime | None = None
    all_day: bool = False
    duration_minutes: int | None = None
    record: Followed | None = None  # what it is about beside its customer


@transaction.atomic
def create_activities(rows: Iterable[NewActivity], *, actor: Actor) -> int:
    """Write many follow-ups with their original dates and people, set-based; returns how many.

    Nothing planned is closed by them. The rows of one customer stand together, the oldest first, so that repeated
    texts are recognised. The caller has checked that each person may write there.
    """
    written, batch = 0, []
    last: dict[int, str] = {}
    for row in rows:
        batch.append(_new_activity(row, last, actor))
        if len(batch) >= BATCH:
            written += _write(batch, actor)
            batch = []
    return written + _write(batch, actor)


def _new_activity(row: NewActivity, last: dict[int, str], actor: Actor) -> Activity:
    text, grams = search_columns([row.subject, row.body[:1000]])
    moment = row.done_at or timezone.now()
    activity = Activity(
        kind=row.kind,
        subject=row.subject[:200],
        body=row.body,
        customer_id=row.customer_id,
        contact_id=row.contact_id,
        record=row.record,
        owner=row.owner,
        team_id=row.owner.team_id,
        author=row.owner,
        owner_since=moment,
        outcome=row.outcome,
        done_at=row.done_at,
        due_at=row.due_at,
        first_due_at=row.due_at,
        all_day=row.all_day,
        duration_minutes=row.duration_minutes,
        created_at=moment,
        updated_at=moment,
        search_text=text,
        search_grams=grams,
        origin=actor.origin,
    )
    if row.done_at:
        activity.is_valid = is_valid(row.body, last.get(row.customer_id, ""))
        last[row.customer_id] = row.body
    return activity


def _write(batch: list[Activity], actor: Actor) -> int:
    if not batch:
        return 0
    ids = {a.customer_id for a in batch}
    lock_customers(ids)
    Activity._base_manager.bulk_create(batch, batch_size=BATCH)
    reminders.schedule([a for a in batch if a.done_at is None])
    for event, chosen in ((ACTIVITY_LOGGED, True), (ACTIVITY_PLANNED, False)):
        rows = [
            EventRow(Activity, a.pk, payload={"kind": a.kind}) for a in batch if bool(a.done_at) is chosen
        ]
        record_events(event, rows, actor=actor)
    sync_customers(ids, contact_ids={a.contact_id for a in batch if a.contact_id})
    for model in followed_models():
        about = {a.record_id for a in batch if isinstance(a.record, model)}
        if about:
            sync_records(model, about)
    return len(batch)
