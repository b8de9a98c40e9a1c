"""The timeline of a customer, a lead, an opportunity: follow-ups and events merged, newest first, page by page."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Count, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone

from accounts.models import Activity, ActivityFile, ActivityKind, Contact, Customer
from accounts.models.activity import DONE, OPEN
from accounts.models.followed import Followed
from accounts.queries.merging import absorbed_ids
from crm.events.catalogue import CATALOGUE
from crm.events.models import Event
from crm.events.queries import events_about
from crm.identity.access import noting, visible
from crm.identity.fields import censor, closed, shield
from crm.identity.models import User

PAGE = 20
SYSTEM = "system"  # the filter for events
# Of two items at the same moment the follow-up stands above the event it caused.
ACTIVITY, EVENT = "b", "a"


class BadCursor(ValueError):
    """A cursor nobody was given."""


@dataclass(frozen=True)
class Item:
    """One line of the timeline: a follow-up or an event."""

    at: datetime.datetime
    source: str
    id: int
    activity: Activity | None = None
    event: Event | None = None

    @property
    def cursor(self) -> str:
        micros = int(self.at.timestamp()) * 1_000_000 + self.at.microsecond
        return f"{micros}-{self.source}-{self.id}"

    @property
    def day(self) -> datetime.date:
        return timezone.localdate(self.at)


@dataclass
class Page:
    """A page of the timeline with the cursor of the next one (empty at the end)."""

    items: list[Item]
    next: str = ""
    days: list[tuple[datetime.date, list[Item]]] = field(default_factory=list)


@dataclass(frozen=True)
class Counts:
    """How many follow-ups there are of each kind, and in all."""

    total: int
    by_kind: dict[str, int]

    def shown(self) -> list[tuple[str, str, int]]:
        """(kind, label, count) of the kinds that occur."""
        return [
            (kind.value, str(kind.label), self.by_kind[kind.value])
            for kind in ActivityKind
            if self.by_kind.get(kind.value)
        ]


def timeline(
    user: User,
    record: Followed,
    *,
    kind: str = "",
    text: str = "",
    cursor: str = "",
    limit: int = PAGE,
) -> Page:
    """One page of everything that happened with a record, as far as the user may see it, newest first."""
    after = _parse(cursor) if cursor else None
    items: list[Item] = []
    if kind != SYSTEM:
        items += _activities(user, record, kind, text, after, limit + 1)
    if kind in ("", SYSTEM) and not text:
        items += _events(user, record, after, limit + 1)
    items.sort(key=lambda i: (i.at, i.source, i.id), reverse=True)
    shown = items[:limit]
    page = Page(shown, shown[-1].cursor if len(items) > limit else "")
    for item in shown:
        if not page.days or page.days[-1][0] != item.day:
            page.days.append((item.day, []))
        page.days[-1][1].append(item)
    return page


def counts(user: User, record: Followed) -> Counts:
    """How many follow-ups of each kind the user sees with a record."""
    rows = _done(user, record).order_by().values_list("kind").annotate(n=Count("pk"))
    by_kind = dict(rows)
    return Counts(sum(by_kind.values()), by_kind)


def on_top(user: User, record: Followed) -> tuple[list[Activity], list[Activity]]:
    """What stands above the timeline: what is planned, the next first; and what was pinned, the last one first."""
    rows = _dressed(visible(Activity, user).filter(with_record(record), closed_by__isnull=True), user)
    found = list(rows.filter(OPEN | (DONE & Q(pinned_at__isnull=False))).order_by("due_at", "pk")[:40])
    shield(user, found)
    plans = [a for a in found if a.done_at is None]  # PostgreSQL puts those without a date last
    pinned = [a for a in found if a.done_at is not None]
    return plans[:20], sorted(pinned, key=lambda a: (a.pinned_at, a.pk), reverse=True)[:10]


def with_contact(user: User, contact: Contact, *, limit: int = 10) -> tuple[list[Activity], list[Activity]]:
    """What is planned with one person, the next first, and what was last done with them, newest first; of both only
    what the user may see."""
    rows = _dressed(visible(Activity, user).filter(contact=contact, closed_by__isnull=True), user)
    planned = list(rows.filter(OPEN).order_by("due_at", "pk")[:limit])
    done = list(rows.filter(DONE).order_by("-done_at", "-pk")[: limit + 1])
    shield(user, [*planned, *done])
    return planned, done


def with_record(record: Followed) -> Q:
    """The follow-ups that stand with a record: a customer's own, or those about a lead, an opportunity."""
    if isinstance(record, Customer):
        return Q(customer=record)
    return Q(record_type=ContentType.objects.get_for_model(type(record)), record_id=record.pk)


def _done(user: User, record: Followed) -> QuerySet[Activity]:
    return visible(Activity, user).filter(DONE, with_record(record), closed_by__isnull=True)


def _dressed(rows: QuerySet[Activity], user: User) -> QuerySet[Activity]:
    """With what an entry shows of others: its people, the names of colleagues present, its attachments; and whether the user may change it."""
    present = User.objects.filter(
        pk__in=Activity.participants.through.objects.filter(activity=OuterRef(OuterRef("pk"))).values("user")
    )
    files = ActivityFile.objects.filter(activity=OuterRef("pk")).order_by("pk")
    shown = JSONObject(id="pk", name="file__name", preview="file__preview_state")
    return (
        noting(rows, user, "change", "may_change")
        .select_related("owner", "author", "contact")
        .annotate(
            present=ArraySubquery(present.order_by("name_sort", "pk").values("name")),
            attached=ArraySubquery(files.values(row=shown)),
        )
    )


def _activities(
    user: User, record: Followed, kind: str, text: str, after: tuple | None, limit: int
) -> Iterable[Item]:
    rows = _dressed(_done(user, record), user)
    if kind:
        rows = rows.filter(kind=kind)
    if text:
        rows = rows.filter(_has(text, closed(user, Activity)))
    if after:
        rows = rows.filter(_before("done_at", ACTIVITY, after))
    found = list(rows.order_by("-done_at", "-pk")[:limit])
    shield(user, found)
    for activity in found:
        yield Item(activity.done_at, ACTIVITY, activity.pk, activity=activity)


def _has(text: str, barred: set[str]) -> Q:
    """The follow-ups that say something: a hit would tell what a closed field holds."""
    found = Q(pk__in=[])
    for name in {"subject", "body"} - barred:
        found |= Q(**{f"{name}__icontains": text})
    return found


def _events(user: User, record: Followed, after: tuple | None, limit: int) -> list[Item]:
    names = [name for name, kind in CATALOGUE.items() if kind.timeline]
    merged = [Customer(pk=pk) for pk in absorbed_ids(record)] if isinstance(record, Customer) else []
    rows = events_about(record, *merged).filter(name__in=names)
    # What becomes of follow-ups is told by the follow-ups themselves, to those who may read them.
    rows = rows.exclude(subject_type=Activity._meta.label_lower)
    if after:
        rows = rows.filter(_before("at", EVENT, after))
    told = _told(user, [record, *merged], list(rows[:limit]))
    return [Item(e.at, EVENT, e.pk, event=e) for e in told]


def history(user: User, record: models.Model, limit: int) -> list[Event]:
    """What happened last to a record without a timeline of its own, as far as the user may see it."""
    return _told(user, [record], list(events_about(record)[:limit]))


def _told(user: User, records: Sequence[models.Model], events: list[Event]) -> list[Event]:
    """Those events whose subject the user may see, without what is closed to them; of kinds without a page of their own
    none."""
    allowed = {(record._meta.label_lower, str(record.pk)) for record in records}
    by_type: dict[str, set[str]] = {}
    for event in events:
        if (event.subject_type, event.subject_id) not in allowed:
            by_type.setdefault(event.subject_type, set()).add(event.subject_id)
    for label, ids in by_type.items():
        try:
            model = apps.get_model(label)
        except (LookupError, ValueError):
            continue
        if not hasattr(model, "access"):
            continue
        kept = visible(model, user).filter(pk__in=ids)
        allowed |= {(label, str(pk)) for pk in kept.values_list("pk", flat=True)}
    told = [e for e in events if (e.subject_type, e.subject_id) in allowed]
    censor(user, told)
    return told


def _before(name: str, source: str, after: tuple[datetime.datetime, str, int]) -> Q:
    at, last_source, last_id = after
    if source < last_source:
        return Q(**{f"{name}__lte": at})
    if source > last_source:
        return Q(**{f"{name}__lt": at})
    return Q(**{f"{name}__lt": at}) | Q(**{name: at, "pk__lt": last_id})


def _parse(cursor: str) -> tuple[datetime.datetime, str, int]:
    found = re.fullmatch(r"(-?\d{1,17})-([ab])-(\d{1,18})", cursor)
    if not found:
        raise BadCursor(cursor)
    micros = int(found[1])
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    return epoch + datetime.timedelta(microseconds=micros), found[2], int(found[3])
