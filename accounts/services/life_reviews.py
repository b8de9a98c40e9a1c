"""The nightly look at the life cycle of deal customers: who is at risk or lost by now, and who is safe again.

Set-based: a batch of customers costs the same few queries however many move. What orders and payments say of them comes
from the apps above, as facts.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import news
from accounts.events import CUSTOMER_STAGED
from accounts.models import Customer, LifecycleEvent
from accounts.rules import lifecycle as rules
from accounts.rules.lifecycle import AT_RISK, CHURNED, CUSTOMER, Facts
from accounts.services.customer_dates import lock_customers
from crm.automation.services import notify
from crm.core.clock import company_day, company_today
from crm.events.actor import Actor
from crm.events.recording import EventRow, record_events
from crm.identity.models import User

Teller = Callable[[Sequence[int]], Mapping[int, Mapping[str, Any]]]
TELLERS: list[Teller] = []
BATCH = 500
NAMED = 5  # as many customers are named in the news
DAY = datetime.timedelta(days=1)
# A step from "at risk" to "at risk": nothing has been wrong from this day on.
CALM, MANUAL = "calm", "manual"


def tells_of_life(teller: Teller) -> None:
    """Declare what an app above knows of customers: set-based, fields of `Facts` by customer."""
    TELLERS.append(teller)


def review_life_cycles(*, actor: Actor) -> int:
    """Put every deal customer into the stage that follows from the facts of today; returns how many moved.

    Safe to run twice. What somebody marked as at risk by hand stays until a new order, or until somebody says otherwise.
    """
    moved, last = 0, 0
    rows = Customer.objects.filter(first_deal_at__isnull=False).order_by("pk").only("pk", "lifecycle_stage")
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        moved += _review(batch, actor)
    return moved


def life_facts(customers: Iterable[Customer]) -> dict[int, Facts]:
    """What is known of customers today, as the rules of the life cycle ask it."""
    people = {one.pk: one for one in customers}
    return _facts(people, _last_steps(people))


def _last_steps(ids: Iterable[int]) -> dict[int, LifecycleEvent]:
    return {one.customer_id: one for one in _steps(ids).distinct("customer")}


def _steps(ids: Iterable[int]) -> QuerySet[LifecycleEvent]:
    rows = LifecycleEvent._base_manager.filter(customer__in=list(ids))
    return rows.order_by("customer", "-at", "-pk")


def _facts(people: Mapping[int, Customer], last: Mapping[int, LifecycleEvent]) -> dict[int, Facts]:
    told: dict[int, dict[str, Any]] = defaultdict(dict)
    for teller in TELLERS:
        for pk, facts in teller(list(people)).items():
            told[pk] |= facts
    steps = _steps(people)
    entered = _days(steps.exclude(from_stage=F("to_stage")))
    won_back = _days(steps.filter(from_stage=CHURNED, to_stage=CUSTOMER))
    today = company_today()
    return {
        pk: Facts(
            today=today,
            stage=one.lifecycle_stage,
            # An order of the very day it was entered came after it.
            stage_since=entered[pk] - DAY if pk in entered else None,
            reactivated_on=won_back.get(pk),
            calm_since=company_day(last[pk].at) if pk in last and last[pk].rule == CALM else None,
            **told[pk],
        )
        for pk, one in people.items()
    }


def _days(steps: QuerySet[LifecycleEvent]) -> dict[int, datetime.date]:
    """The day of the latest of some steps, by customer."""
    return {pk: company_day(at) for pk, at in steps.distinct("customer").values_list("customer", "at")}


def _review(batch: Sequence[Customer], actor: Actor) -> int:
    """Write the steps of one batch: of those whose stage is still the one they were judged in."""
    people = {one.pk: one for one in batch}
    last = _last_steps(people)
    facts = _facts(people, last)
    wanted = {pk: step for pk, known in facts.items() if (step := _step(known, last.get(pk))) is not None}
    if not wanted:
        return 0
    now = timezone.now()
    with transaction.atomic():
        stages = {one.pk: one.lifecycle_stage for one in lock_customers(wanted)}
        written = {pk: step for pk, step in wanted.items() if stages.get(pk) == facts[pk].stage}
        LifecycleEvent._base_manager.bulk_create(
            [
                LifecycleEvent(
                    customer_id=pk,
                    from_stage=stages[pk],
                    to_stage=to,
                    rule=rule,
                    at=now,
                    actor_id=actor.id,
                    actor_name=actor.name,
                )
                for pk, (to, rule) in written.items()
            ]
        )
        moved = {pk: step for pk, step in written.items() if step[0] != stages[pk]}
        _put(moved, stages, actor, now)
        _tell([pk for pk, (to, _rule) in moved.items() if to == AT_RISK], actor)
    return len(moved)


def _tell(ids: Sequence[int], actor: Actor) -> None:
    """Each owner hears once of those of a batch that are at risk from tonight on."""
    theirs: dict[User, list[str]] = defaultdict(list)
    rows = Customer._base_manager.filter(pk__in=ids, owner__isnull=False).select_related("owner")
    for customer in rows.order_by("name_sort", "pk"):
        theirs[customer.owner].append(customer.name)
    for owner, names in theirs.items():
        notify(
            [owner],
            news.AT_RISK,
            params={"names": [*names[:NAMED], *(["…"] if len(names) > NAMED else [])]},
            url=f"{reverse('customer_list')}?{urlencode({'owner': 'me', 'lifecycle_stage': AT_RISK})}",
            actor=actor,
            dedupe=f"{company_today()}:{ids[0]}",
        )


def _put(
    moved: Mapping[int, tuple[str, str]], stages: Mapping[int, str], actor: Actor, now: datetime.datetime
) -> None:
    for stage in {to for to, _rule in moved.values()}:
        ids = [pk for pk, (to, _rule) in moved.items() if to == stage]
        Customer._base_manager.filter(pk__in=ids).update(
            lifecycle_stage=stage, version=F("version") + 1, updated_at=now
        )
    record_events(
        CUSTOMER_STAGED,
        [
            EventRow(
                Customer,
                pk,
                changes={"lifecycle_stage": [stages[pk], to]},
                payload={"from": stages[pk], "to": to, "rule": rule, "reason": ""},
            )
            for pk, (to, rule) in moved.items()
        ],
        actor=actor,
    )


def _step(facts: Facts, last: LifecycleEvent | None) -> tuple[str, str] | None:
    """The step a customer takes tonight with its rule; to the same stage where only the reason is another one now."""
    if not facts.order_dates:  # of whom nothing is known here nothing is judged
        return None
    verdict = rules.evaluate(facts)
    if facts.stage == AT_RISK:
        return _step_at_risk(verdict, last)
    falls = verdict.stage in (AT_RISK, CHURNED)
    if verdict.stage == facts.stage or not (falls or rules.rises(facts.stage, verdict.stage)):
        return None
    return verdict.stage, verdict.rule


def _step_at_risk(verdict: rules.Verdict, last: LifecycleEvent | None) -> tuple[str, str] | None:
    before = last.rule if last is not None else ""
    if verdict.stage != AT_RISK:
        return verdict.stage, verdict.rule
    rule = CALM if verdict.rule == "kept" else verdict.rule
    return None if before in (rule, MANUAL) else (AT_RISK, rule)
