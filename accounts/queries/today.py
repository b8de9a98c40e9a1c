"""What the Today page shows: what to do, how one is doing, whom nobody has followed up with."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from accounts.models import Activity, ActivityKind, Customer
from accounts.models.activity import OPEN, OWN_WORK
from accounts.queries.activities import due_today_q, midnight, overdue_q
from accounts.queries.neglect import neglected_q
from accounts.rules.due import company_zone
from crm.identity.access import has_verb, hushed_pools, scope_of, team_ids_of, visible
from crm.identity.models import Role, Scope, User

MOST_ROWS = 60  # more is no list for a day; the full list is a click away
WEEKS = 8
MOST_PEOPLE = 100


@dataclass(frozen=True)
class Numbers:
    """How one person or team is doing."""

    this_week: int
    last_week: int  # up to the same weekday and hour
    overdue: int
    due_today: int
    done_today: int
    calls_today: int
    customers: int
    new_customers: int
    weekly_follow_ups: list[int]
    weekly_customers: list[int]

    @property
    def delta(self) -> int:
        return self.this_week - self.last_week


@dataclass
class Group:
    """A part of the follow-up list: late ones, today's, tomorrow's, later ones."""

    key: str
    date: datetime.date | None
    rows: list[Activity] = field(default_factory=list)
    total: int = 0


@dataclass(frozen=True)
class PersonRow:
    """How one member of a team is doing."""

    user: User
    overdue: int
    due_today: int
    this_week: int
    last_done: datetime.datetime | None
    neglected: int

    @property
    def silent_days(self) -> int | None:
        """Days since the last follow-up; None if there never was one."""
        return (timezone.now() - self.last_done).days if self.last_done else None


@dataclass(frozen=True)
class Whose:
    """Whose work is looked at: one's own, or that of the people one leads."""

    user: User
    team: bool = False
    team_ids: frozenset[int] | None = None  # None: everybody

    def activities(self) -> QuerySet[Activity]:
        """The follow-ups of those people, never of customers in the bin."""
        rows = Activity.objects.all()
        if not self.team:
            return rows.filter(owner=self.user)
        return rows if self.team_ids is None else rows.filter(Q(team__in=self.team_ids) | Q(owner=self.user))

    def customers(self) -> QuerySet[Customer]:
        """The customers of those people."""
        if not self.team:
            return Customer.objects.filter(owner=self.user)
        rows = visible(Customer, self.user)
        return rows if self.team_ids is None else rows.filter(team__in=self.team_ids)

    def people(self) -> QuerySet[User]:
        """The people themselves: those who sell, or whose team one leads."""
        rows = User.objects.filter(is_active=True).select_related("role", "team")
        if self.team_ids is None:
            sellers = Role.objects.filter(slug__in=("salesperson", "sales_manager"))
            return rows.filter(role__in=sellers)
        return rows.filter(Q(team__in=self.team_ids) | Q(pk=self.user.pk))


def whose(user: User, *, team: bool) -> Whose:
    """The view asked for, or one's own where one leads nobody."""
    if not team or not leads(user):
        return Whose(user)
    everything = scope_of(Activity, user) == Scope.ALL
    return Whose(user, True, None if everything else led_teams(user))


def leads(user: User) -> bool:
    """Whether there is a team whose follow-ups one sees."""
    if not has_verb(user, "view", Activity):
        return False
    return scope_of(Activity, user) == Scope.ALL or bool(led_teams(user))


def led_teams(user: User) -> frozenset[int]:
    """The teams whose people's follow-ups one sees; a pool one is a member of has no people of its own."""
    return frozenset(team_ids_of(user, Activity) - hushed_pools(user, Customer))


def _monday(weeks_back: int = 0) -> datetime.datetime:
    zone = company_zone()
    today = timezone.now().astimezone(zone).date()
    monday = today - datetime.timedelta(days=today.weekday() + 7 * weeks_back)
    return datetime.datetime.combine(monday, datetime.time(0), zone)


def _month() -> datetime.datetime:
    zone = company_zone()
    return datetime.datetime.combine(
        timezone.now().astimezone(zone).date().replace(day=1), datetime.time(0), zone
    )


def numbers(who: Whose) -> Numbers:
    """The tiles: four queries, whatever the number of people."""
    now = timezone.now()
    week = datetime.timedelta(days=7)
    done = who.activities().filter(OWN_WORK)
    past = done.filter(done_at__gte=_monday(1)).aggregate(
        this_week=Count("pk", filter=Q(done_at__gte=_monday())),
        last_week=Count("pk", filter=Q(done_at__gte=_monday(1), done_at__lte=now - week)),
        done_today=Count("pk", filter=Q(done_at__gte=midnight())),
        calls_today=Count("pk", filter=Q(done_at__gte=midnight(), kind=ActivityKind.CALL)),
    )
    plans = (
        who.activities()
        .filter(OPEN, due_at__lt=midnight(1))
        .aggregate(overdue=Count("pk", filter=overdue_q()), due_today=Count("pk", filter=due_today_q()))
    )
    owned = who.customers().aggregate(
        customers=Count("pk"), new_customers=Count("pk", filter=Q(created_at__gte=_month()))
    )
    return Numbers(
        **past,
        **plans,
        **owned,
        weekly_follow_ups=_weekly(done, "done_at"),
        weekly_customers=_weekly(who.customers(), "created_at"),
    )


def _weekly(rows: QuerySet, name: str) -> list[int]:
    """How many fell into each of the last eight weeks, this one last."""
    first = _monday(WEEKS - 1)
    zone = company_zone()
    found = dict(
        rows.filter(**{f"{name}__gte": first})
        .annotate(week=TruncWeek(name, tzinfo=zone))
        .order_by()
        .values_list("week")
        .annotate(n=Count("pk"))
    )
    by_day = {moment.astimezone(zone).date(): n for moment, n in found.items()}
    return [by_day.get((first + datetime.timedelta(days=7 * i)).date(), 0) for i in range(WEEKS)]


def follow_ups(who: Whose, tab: str) -> list[Group]:
    """The open follow-ups of a tab in groups, what is late first.

    `today` reaches to tomorrow, `week` to the end of the week (at least three days on), `given` holds what one asked
    others to do.
    """
    plans = who.activities().filter(OPEN, due_at__isnull=False)
    if tab == "given":
        plans = visible(Activity, who.user).filter(OPEN, author=who.user, due_at__isnull=False)
        plans = plans.exclude(owner=who.user)
    elif tab == "week":
        plans = plans.filter(due_at__lt=max(_monday(-1), midnight(3)))
    else:
        plans = plans.filter(due_at__lt=midnight(2))
    plans = plans.select_related("customer", "contact", "owner", "author").prefetch_related("record")
    rows = list(plans.order_by("due_at", "pk")[:MOST_ROWS])
    zone = company_zone()
    today = timezone.now().astimezone(zone).date()
    tomorrow = today + datetime.timedelta(days=1)
    groups = {
        "overdue": Group("overdue", None),
        "today": Group("today", today),
        "tomorrow": Group("tomorrow", tomorrow),
        "later": Group("later", None),
    }
    for row in rows:
        day = row.due_at.astimezone(zone).date()
        key = "today" if day <= today else "tomorrow" if day == tomorrow else "later"
        groups["overdue" if row.is_overdue else key].rows.append(row)
    for group in groups.values():
        group.total = len(group.rows)
    return [g for g in groups.values() if g.rows or g.key == "today"]


def today_count(user: User) -> dict[str, int]:
    """How much is due today or late: the number beside Today in the sidebar."""
    if not has_verb(user, "view", Activity):
        return {}
    return {"count": Whose(user).activities().filter(OPEN, due_at__lt=midnight(1)).count()}


def tab_counts(who: Whose) -> dict[str, int]:
    """How many open follow-ups each tab holds."""
    week_end = max(_monday(-1), midnight(3))
    counted = (
        who.activities()
        .filter(OPEN, due_at__lt=week_end)
        .aggregate(today=Count("pk", filter=Q(due_at__lt=midnight(1))), week=Count("pk"))
    )
    given = visible(Activity, who.user).filter(OPEN, author=who.user, due_at__isnull=False)
    counted["given"] = given.exclude(owner=who.user).count()
    return counted


def team_rows(who: Whose) -> list[PersonRow]:
    """How each person of the team is doing, those with most overdue first: three queries for any number of people."""
    people = {u.pk: u for u in who.people().order_by("name_sort", "pk")[:MOST_PEOPLE]}
    plans = {
        row["owner"]: row
        for row in who.activities()
        .filter(OPEN, owner__in=people, due_at__lt=midnight(1))
        .order_by()
        .values("owner")
        .annotate(overdue=Count("pk", filter=overdue_q()), today=Count("pk", filter=due_today_q()))
    }
    done = {
        row["owner"]: row
        for row in who.activities()
        .filter(OWN_WORK, owner__in=people)
        .order_by()
        .values("owner")
        .annotate(week=Count("pk", filter=Q(done_at__gte=_monday())), last=Max("done_at"))
    }
    silent = dict(
        who.customers()
        .filter(neglected_q(), owner__in=people)
        .order_by()
        .values_list("owner")
        .annotate(n=Count("pk"))
    )
    rows = [
        PersonRow(
            user=user,
            overdue=plans.get(pk, {}).get("overdue", 0),
            due_today=plans.get(pk, {}).get("today", 0),
            this_week=done.get(pk, {}).get("week", 0),
            last_done=done.get(pk, {}).get("last"),
            neglected=silent.get(pk, 0),
        )
        for pk, user in people.items()
    ]
    return sorted(rows, key=lambda r: (-r.overdue, -r.neglected, -r.this_week, r.user.name_sort))
