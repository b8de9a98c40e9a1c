"""Whom a recycling rule would take today, whom it warns, and what keeps a record with its owner: conditions, set-based."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from accounts.models.choices import Intent
from accounts.queries.keeping import keeps, what_keeps
from crm.approvals.models import ApprovalRequest
from crm.core.clock import company_midnight, company_today
from crm.records.queries import business_calendar
from crm.records.rules.calendar import Calendar
from sales.models import (
    Opportunity,
    OpportunityStatus,
    Order,
    PoolGround,
    PoolKind,
    Protection,
    Quote,
    RecycleRule,
)
from sales.models.lead import OPEN
from sales.queries.pools import MODELS, PoolMap
from sales.rules import pool as rules

LIKELY = 50  # per cent: an opportunity that keeps its customer without a next step
VALUED = (Intent.A, Intent.B)


def calendar_of(rule: RecycleRule) -> Calendar | None:
    """The calendar by which a rule counts, None for one that counts every day."""
    return business_calendar() if rule.working_days else None


def in_reach(rule: RecycleRule) -> models.QuerySet[Any]:
    """The owned records a rule looks at: open ones of the teams its pool serves."""
    model = MODELS[rule.kind]
    rows = model._default_manager.filter(PoolMap(rule.kind).takes(rule.pool), owner__isnull=False)
    return rows.filter(OPEN) if rule.kind == PoolKind.LEAD else rows


def idle(rule: RecycleRule, cutoff: datetime.date, *, after: datetime.date | None = None) -> Q:
    """The records whose base date lies on or before the cutoff, and after the earlier one where that is given."""
    found = _base_until(rule, cutoff)
    return found & ~_base_until(rule, after) if after is not None else found


def _base_until(rule: RecycleRule, day: datetime.date) -> Q:
    """The records whose silence counts from this day or from before."""
    moment = company_midnight(day + datetime.timedelta(days=1))
    protections = Protection._base_manager.filter(**{rule.kind: OuterRef("pk")})
    if rule.ground == PoolGround.PROTECTION:
        return Q(Exists(protections.filter(until__lte=day, is_locked=False)))
    found = Q(pk__isnull=False) & ~Q(Exists(protections.filter(extended_on__isnull=False, until__gt=day)))
    found &= Q(owner_since__lt=moment) | Q(owner_since__isnull=True, created_at__lt=moment)
    if rule.kind == PoolKind.CUSTOMER:
        found &= Q(neglect_from__lte=day)  # what came by import counts from the go-live date
    if rule.ground == PoolGround.NO_FOLLOW_UP:
        found &= Q(last_valid_follow_up_at__isnull=True) | Q(last_valid_follow_up_at__lt=moment)
    if rule.ground == PoolGround.NO_OPPORTUNITY:
        made = Opportunity.objects.filter(customer=OuterRef("pk"), opened_at__gt=day)
        found &= ~Q(Exists(made))
    return found


def kept(rule: RecycleRule, today: datetime.date) -> list[tuple[str, str | Promise, Q]]:
    """What keeps records a rule looks at: (key, words, condition), the first that holds counts."""
    model = MODELS[rule.kind]
    protections = Protection._base_manager.filter(**{rule.kind: OuterRef("pk")})
    new = company_midnight(today - datetime.timedelta(days=rule.pool.own_protection_days - 1))
    protected = Q(Exists(protections.filter(until__gte=today)))
    if rule.pool.own_protection_days:
        protected |= Q(created_at__gte=new, previous_owner__isnull=True)
    found: list[tuple[str, str | Promise, Q]] = []
    if rule.kind == PoolKind.CUSTOMER:
        found.append((rules.DEAL, _("has had a deal"), Q(first_deal_at__isnull=False)))
    found.append((rules.LOCKED, _("locked"), Q(Exists(protections.filter(is_locked=True)))))
    found.append((rules.PROTECTED, _("protected"), protected))
    found += [(keep.key, keep.label, keep.condition()) for keep in what_keeps(model)]
    if rule.kind == PoolKind.CUSTOMER:
        valued = Q(intent__in=VALUED)
        found.append((rules.VALUED, _("intent A or B: only a manager lets it go"), valued))
    return found


def keeping_opportunity() -> Q:
    """Customers with an open deal that has a dated next step, or is as likely as not."""
    deals = Opportunity.objects.filter(customer=OuterRef("pk"), status=OpportunityStatus.OPEN)
    moving = Q(probability__gte=LIKELY) | Q(next_follow_up_at__isnull=False)
    return Q(Exists(deals.filter(moving)))


def pending_approval() -> Q:
    """Customers with a deal, quote or order that waits for somebody's agreement."""
    found = Q(pk__in=[])
    for model in (Opportunity, Quote, Order):
        asked = ApprovalRequest._base_manager.filter(
            subject_type=model._meta.label_lower, state=ApprovalRequest.State.PENDING
        )
        waiting = model._base_manager.filter(customer=OuterRef("pk"), pk__in=asked.values("subject_id"))
        found |= Q(Exists(waiting))
    return found


def register() -> None:
    """What sales itself knows to keep a customer."""
    keeps(Customer, rules.APPROVAL, _("approval pending"), pending_approval)
    keeps(Customer, rules.OPPORTUNITY, _("open opportunity"), keeping_opportunity)


def due(rule: RecycleRule, today: datetime.date | None = None) -> models.QuerySet[Any]:
    """The records a rule would take today, whether it is switched on or not."""
    today = today or company_today()
    cutoff = rules.latest_base(today, rule.days, calendar=calendar_of(rule))
    return free(rule, in_reach(rule).filter(idle(rule, cutoff)), today)


def free(rule: RecycleRule, rows: models.QuerySet[Any], today: datetime.date) -> models.QuerySet[Any]:
    """Of some rows those that nothing keeps."""
    for _key, _label, condition in kept(rule, today):
        rows = rows.exclude(condition)
    return rows


@dataclass(frozen=True)
class Warned:
    """Records that a rule takes within some days unless somebody follows up."""

    before: int
    on: datetime.date
    rows: models.QuerySet[Any]


def soon(rule: RecycleRule, since: datetime.date, today: datetime.date) -> Iterator[Warned]:
    """The records whose warning fell due after one day and up to another, by how many days are left."""
    calendar = calendar_of(rule)
    for before in rules.WARN_BEFORE:
        days = rule.days - before
        if days <= 0:
            continue
        latest = rules.latest_base(today, days, calendar=calendar)
        earlier = rules.latest_base(since, days, calendar=calendar)
        if latest > earlier:
            on = rules.due_on(latest, rule.days, calendar=calendar)
            yield Warned(before, on, free(rule, in_reach(rule).filter(idle(rule, latest, after=earlier)), on))


@dataclass(frozen=True)
class Preview:
    """Whom a rule would take if it held today."""

    total: int
    by_owner: list[tuple[Any, int]]
    first: list[Any]
    kept: list[tuple[str | Promise, int]]


def preview(rule: RecycleRule, *, limit: int = 20) -> Preview:
    """Count and name the records a rule would take today, and those that something keeps."""
    today = company_today()
    cutoff = rules.latest_base(today, rule.days, calendar=calendar_of(rule))
    rows = in_reach(rule).filter(idle(rule, cutoff))
    reasons = kept(rule, today)
    whens = [When(condition, then=Value(key)) for key, _label, condition in reasons]
    named = rows.annotate(_kept=Case(*whens, default=Value(""), output_field=CharField()))
    counts = dict(named.order_by().values_list("_kept").annotate(n=Count("pk")))
    going = named.filter(_kept="")
    owners = going.order_by().values("owner__name").annotate(n=Count("pk")).order_by("-n", "owner__name")
    return Preview(
        total=counts.get("", 0),
        by_owner=[(row["owner__name"], row["n"]) for row in owners],
        first=list(
            going.select_related("owner").order_by(F("owner_since").asc(nulls_first=True), "pk")[:limit]
        ),
        kept=[(label, counts[key]) for key, label, _condition in reasons if counts.get(key)],
    )
