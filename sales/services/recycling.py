"""Idle records go back to their pool every night, their owners having been warned; every rule is off to begin with."""

import datetime
from collections import Counter
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.automation.services import notify
from crm.core.clock import company_today
from crm.core.locks import alone_at
from crm.core.sets import uncollected
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor, system
from crm.events.recording import record_event, recording
from crm.identity.events import RECORD_RECYCLED
from crm.identity.models import User
from crm.identity.queries import managers_above
from sales.events.pools import RECYCLE_RULE_DELETED, RECYCLE_RULE_SAVED
from sales.models import Pool, PoolGround, PoolKind, RecycleRule
from sales.news.leads import GOES_SOON, TEAM_GOES, WENT
from sales.queries.recycling import due, soon
from sales.services.releasing import put_locked

BATCH = 5000
OF_LEADS = (PoolGround.NO_FOLLOW_UP, PoolGround.PROTECTION)


@transaction.atomic
def save_rule(
    pool: Pool,
    *,
    kind: str,
    ground: str,
    days: int,
    working_days: bool = True,
    rule: RecycleRule | None = None,
    expected: int | None = None,
    actor: Actor,
) -> RecycleRule:
    """Add or change a rule of a pool; a changed one that is switched on holds as changed from tomorrow."""
    if not pool.takes(kind):
        raise RuleBroken(_("This pool does not take such records."), field="kind")
    if kind == PoolKind.LEAD and ground not in OF_LEADS:
        raise RuleBroken(_("Leads have no deals: choose follow-ups or protection."), field="ground")
    if not 1 <= days <= 3650:
        raise RuleBroken(_("Enter 1 to 3650 days."), field="days")
    same = RecycleRule._base_manager.filter(pool=pool, kind=kind, ground=ground)
    if same.exclude(pk=rule.pk if rule else None).exists():
        raise RuleBroken(_("This pool has such a rule already."), field="ground")
    rule = lock(rule) if rule else RecycleRule(pool=pool)
    if rule.pk:
        check_version(rule, expected)
    before = (rule.kind, rule.ground, rule.days, rule.working_days)
    rule.kind, rule.ground, rule.days, rule.working_days = kind, ground, days, working_days
    if not rule.pk:
        rule.save()
    elif before != (kind, ground, days, working_days):
        if rule.is_on:
            rule.holds_from = company_today() + datetime.timedelta(days=1)
        save_versioned(rule, ["kind", "ground", "days", "working_days", "holds_from"])
    record_event(RECYCLE_RULE_SAVED, rule, actor=actor, payload={"rule": str(rule), "days": days})
    return rule


@transaction.atomic
def switch_rule(
    rule: RecycleRule, *, on: bool, seen: int | None = None, actor: Actor, expected: int | None = None
) -> RecycleRule:
    """Switch a rule on from tomorrow, by somebody who has `seen` how many records it would take today, or off at once."""
    rule = lock(rule)
    check_version(rule, expected)
    if on and seen is None:
        raise RuleBroken(_("See first whom it would take today."), code="unseen")
    if on == rule.is_on:
        return rule
    with recording(RECYCLE_RULE_SAVED, rule, actor=actor, payload={"on": on, "would_take": seen}):
        rule.holds_from = company_today() + datetime.timedelta(days=1) if on else None
        save_versioned(rule, ["holds_from"])
    return rule


@transaction.atomic
def delete_rule(rule: RecycleRule, *, actor: Actor) -> None:
    """Take a rule away; nothing goes back by it any more."""
    rule = lock(rule)
    record_event(RECYCLE_RULE_DELETED, rule, actor=actor, payload={"rule": str(rule)})
    rule.delete()


def run_night(today: datetime.date | None = None) -> int:
    """Recycle what is due in every pool and warn of what will be; returns how many records went. Safe to run twice."""
    today = today or company_today()
    went = 0
    for pool in Pool.objects.select_related("team").order_by("pk"):
        with alone_at(f"recycle:{pool.pk}") as mine:
            if not mine:
                continue
            rules = [
                rule
                for rule in RecycleRule.objects.filter(pool=pool).select_related("pool__team")
                if rule.holds_on(today)
            ]
            went += sum(recycle(rule, today=today) for rule in rules)
            since = pool.ran_on or today - datetime.timedelta(days=1)
            for rule in rules:
                warn(rule, since, today)
            Pool._base_manager.filter(pk=pool.pk).update(ran_on=today)
    return went


def recycle(rule: RecycleRule, *, today: datetime.date | None = None) -> int:
    """Move everything a rule takes today into its pool, a batch at a time; returns how many. A second run finds nothing."""
    today, actor, went = today or company_today(), system("recycling"), 0
    owners: Counter[int] = Counter()
    named: dict[int, Any] = {}
    after = 0
    while True:  # by key: what went already is not looked at again
        rows = (
            due(rule, today)
            .filter(pk__gt=after)
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("pk")
        )
        with transaction.atomic(), uncollected():
            batch = list(rows.values_list("pk", "owner_id", "name")[:BATCH])
            moved = put_locked(
                rows.model,
                [(pk, owner) for pk, owner, _name in batch],
                rule.pool,
                reason=rule.ground,
                event=RECORD_RECYCLED,
                actor=actor,
            )
        for pk, owner, name in batch:
            after = pk
            owners[owner] += 1
            named.setdefault(owner, (pk, name))
        went += len(moved)
        if len(batch) < BATCH:
            break
    _tell_previous(rule, owners, named, today)
    return went


def _tell_previous(
    rule: RecycleRule, owners: Counter[int], named: dict[int, tuple[int, str]], today: datetime.date
) -> None:
    """One piece of news for each previous owner, whatever they lost."""
    for user in User._base_manager.filter(pk__in=owners).select_related("role", "team"):
        _pk, name = named[user.pk]
        params = {"record": name, "more": owners[user.pk] - 1, "pool": str(rule.pool)}
        notify(
            [user], WENT, params=params, url="/pool/", dedupe=f"{rule.pk}:{today.isoformat()}", work_of=user
        )


def warn(rule: RecycleRule, since: datetime.date, today: datetime.date) -> int:
    """Tell owners what goes back in three days and in one, and their managers how much; returns how many records."""
    told = 0
    for warned in soon(rule, since, today):
        day = warned.on.isoformat()
        teams: Counter[int] = Counter()
        rows = warned.rows.select_related("owner").order_by("pk")
        for record in rows.iterator(chunk_size=BATCH):
            told += 1
            teams[record.owner_id] += 1
            notify(
                [record.owner],
                GOES_SOON,
                params={"record": str(record), "pool": str(rule.pool), "day": day},
                url=record.get_absolute_url(),
                about=record,
                dedupe=f"{rule.pk}:{rule.kind}{record.pk}:{warned.on.isoformat()}:{warned.before}",
                work_of=record.owner,
            )
        _tell_managers(rule, teams, day, f"{rule.pk}:{warned.on.isoformat()}:{warned.before}")
    return told


def _tell_managers(rule: RecycleRule, owners: Counter[int], day: str, occasion: str) -> None:
    managers: dict[int, User] = {}
    totals: Counter[int] = Counter()
    for user in User._base_manager.filter(pk__in=owners).select_related("team"):
        above = managers_above(user)
        if above:
            managers[above[0].pk] = above[0]
            totals[above[0].pk] += owners[user.pk]
    for pk, manager in managers.items():
        params = {"total": totals[pk], "pool": str(rule.pool), "day": day}
        notify([manager], TEAM_GOES, params=params, url="/pool/", dedupe=occasion)
