"""Leads that nobody owns find their owner: by the first rule that fits, fairly, however many come at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.automation.services import notify
from crm.core.sets import insert_rows
from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor, system
from crm.events.recording import record_event
from crm.identity import services as identity
from crm.identity.events import RECORD_RECYCLED
from crm.identity.models import User
from crm.identity.queries import managers_above
from crm.records.rules.calendar import add_business_time
from sales.events.assignment import LEAD_ACCEPTED, LEAD_ASSIGNED
from sales.models import (
    Acceptance,
    AssignmentGroup,
    AssignmentMember,
    Lead,
    LeadAssignment,
    Pool,
    PoolReason,
    PoolStay,
)
from sales.models.choices import LeadStatus
from sales.models.lead import OPEN
from sales.news import leads as news
from sales.queries.assignment import SAME_CUSTOMER, Desk, the_desk, waiting_leads
from sales.queries.pools import PoolMap
from sales.queries.turns import Turn, next_of, share_out
from sales.services.claiming import left_pool
from sales.services.pools import default_pool
from sales.services.releasing import put_in_pool

BATCH = 1000


@dataclass(frozen=True)
class Assigned:
    """What became of a batch: by lead the new owner, and those that went to a pool."""

    owners: dict[int, User]
    pooled: list[int]


def assign_leads(lead_ids: Iterable[int], *, actor: Actor, reassign: bool = False) -> Assigned:
    """Give open leads without an owner to whom the rules name, or to the pool; with `reassign` owned ones too.

    A batch of a thousand takes as many statements as a batch of ten.
    """
    waiting, owners, pooled = iter(dict.fromkeys(lead_ids)), {}, []
    while ids := list(islice(waiting, BATCH)):
        done = _assign_batch(ids, actor, reassign)
        owners |= done.owners
        pooled += done.pooled
    return Assigned(owners, pooled)


def assign_by_rules(leads: Iterable[Lead], *, actor: Actor) -> None:
    """Give leads somebody chose to whom the rules name, whoever owns them now; closed ones are refused."""
    chosen = list(leads)
    if any(not lead.is_open for lead in chosen):
        raise RuleBroken(_("Only open leads are assigned."), code="closed")
    assign_leads([lead.pk for lead in chosen], actor=actor, reassign=True)


@transaction.atomic
def _assign_batch(ids: Sequence[int], actor: Actor, reassign: bool) -> Assigned:
    desk = the_desk(locked=True)
    rows = Lead._base_manager.select_for_update(of=("self",)).filter(OPEN, pk__in=ids)
    rows = rows if reassign else rows.filter(owner__isnull=True)
    joined = ("industry__parent", "region__parent__parent")
    leads = list(rows.select_related(*joined).defer("search_text", "search_grams").order_by("pk"))
    if not leads:
        return Assigned({}, [])
    return settle(desk, share_out(desk, leads), actor)


def settle(desk: Desk, turns: Sequence[Turn], actor: Actor) -> Assigned:
    """Write down what was shared out: owners, events, turns with their deadline, the desk's notes, and the news."""
    given = {turn.lead.pk: turn for turn in turns if turn.user is not None}
    owners = {pk: turn.user for pk, turn in given.items() if turn.user is not None}
    payloads = {pk: {"rule": str(turn.rule or ""), "why": turn.why} for pk, turn in given.items()}
    identity.assign_each(Lead, owners, actor=actor, event=LEAD_ASSIGNED, payloads=payloads)
    pooled = [pk for pk, turn in given.items() if turn.lead.owner_id is None and turn.lead.team_id]
    if pooled:
        left_pool(Lead, pooled, taken_by=None, way=PoolStay.Way.ASSIGNED)
    deadlines = _deadlines(desk, given.values())
    _note_turns(given, deadlines)
    _note_desk(desk)
    _tell(given.values(), deadlines, actor)
    return Assigned(owners, _to_pools([turn for turn in turns if turn.user is None], actor))


def _deadlines(desk: Desk, turns: Iterable[Turn]) -> dict[int, datetime]:
    """By group the moment by which its leads have to be taken up."""
    found: dict[int, datetime] = {}
    for group in {turn.group.pk: turn.group for turn in turns if turn.group}.values():
        if group.acceptance_hours and desk.calendar is not None:
            amount = timedelta(hours=float(group.acceptance_hours))
            found[group.pk] = add_business_time(desk.calendar, desk.now, amount)
    return found


def _note_turns(given: dict[int, Turn], deadlines: dict[int, datetime]) -> None:
    LeadAssignment._base_manager.filter(lead__in=given, state=Acceptance.WAITING).update(
        state=Acceptance.MOVED, settled_at=timezone.now()
    )
    rows: list[dict[str, Any]] = []
    for pk, turn in given.items():
        accept_by = deadlines.get(turn.group.pk) if turn.group and turn.why != SAME_CUSTOMER else None
        rows.append(
            {
                "lead_id": pk,
                "user_id": turn.user.pk if turn.user else None,
                "group_id": turn.group.pk if turn.group else None,
                "rule_id": turn.rule.pk if turn.rule else None,
                "why": turn.why,
                "at": timezone.now(),
                "accept_by": accept_by,
                "state": Acceptance.WAITING if accept_by else Acceptance.NONE,
            }
        )
    insert_rows(LeadAssignment, rows)


def _note_desk(desk: Desk) -> None:
    """Keep whose turn was last and the running numbers for the next batch."""
    changed = []
    for pk, people in desk.people.items():
        for one in people:
            member = desk.members[pk][one.user_id]
            if (one.current, one.last_assigned_at) != (member.current, member.last_assigned_at):
                one.current, one.last_assigned_at = member.current, member.last_assigned_at
                changed.append(one)
    if changed:
        AssignmentMember._base_manager.bulk_update(changed, ["current", "last_assigned_at"])
    AssignmentGroup._base_manager.bulk_update(desk.groups.values(), ["last_user_id"])


def _tell(turns: Iterable[Turn], deadlines: dict[int, datetime], actor: Actor) -> None:
    """One piece of news for each person, however many leads they got."""
    by_user: dict[int, list[Turn]] = defaultdict(list)
    for turn in turns:
        if turn.user is not None:
            by_user[turn.user.pk].append(turn)
    for got in by_user.values():
        first, user = got[0], got[0].user
        due = [deadlines[one.group.pk] for one in got if one.group and one.group.pk in deadlines]
        notify(
            [user] if user else [],
            news.LEAD_ASSIGNED,
            params={
                "record": str(first.lead),
                "more": len(got) - 1,
                "accept_by": min(due).isoformat() if due else "",
            },
            url=first.lead.get_absolute_url() if len(got) == 1 else "/leads/?view=mine",
            about=first.lead,
            dedupe=f"{first.lead.pk}:{timezone.now().isoformat()}",
            actor=actor,
            work_of=user,
        )


def _to_pools(turns: Sequence[Turn], actor: Actor) -> list[int]:
    """Leads that nobody gets go to the pool their group names, else to the one that serves their team."""
    if not turns:
        return []
    pools = PoolMap("lead")
    by_pool: dict[Pool, list[int]] = defaultdict(list)
    for turn in turns:
        pool = (turn.group.pool if turn.group else None) or pools.of(turn.lead.team_id)
        if pool is None:
            pool = pools.default = default_pool(actor=actor)
        by_pool[pool].append(turn.lead.pk)
    return [
        pk
        for pool, ids in by_pool.items()
        for pk in put_in_pool(Lead, ids, pool, reason=PoolReason.NOBODY, event=RECORD_RECYCLED, actor=actor)
    ]


def assign_waiting(limit: int = 10_000) -> int:
    """Share out what came in and nobody has looked at yet, for example while the broker was away; returns how many."""
    ids = list(waiting_leads().order_by("pk").values_list("pk", flat=True)[:limit])
    done = assign_leads(ids, actor=system("assignment"))
    return len(done.owners) + len(done.pooled)


@transaction.atomic
def accept_lead(lead: Lead, *, actor: Actor) -> LeadAssignment:
    """Take up a lead that was assigned: its deadline is kept, and it is being worked on."""
    lead = lock(lead)
    turn = LeadAssignment._base_manager.filter(lead=lead, state=Acceptance.WAITING).order_by("-at").first()
    if turn is None or turn.user_id != lead.owner_id:
        raise RuleBroken(_("Nobody waits for this lead to be taken up."), code="conflict")
    _settle_turn(turn, Acceptance.ACCEPTED)
    record_event(LEAD_ACCEPTED, lead, actor=actor)
    return turn


def move_on_missed(limit: int = 500) -> int:
    """Give leads that were not taken up in time to the next one and tell the manager; returns how many moved."""
    moved = 0
    for _turn_number in range(limit):
        outcome = _move_one()
        if outcome is None:
            break
        moved += outcome
    return moved


@transaction.atomic
def _move_one() -> bool | None:
    """Look at one deadline that has passed; whether the lead moved on, None where there is no more."""
    due = LeadAssignment._base_manager.filter(state=Acceptance.WAITING, accept_by__lte=timezone.now())
    first = due.order_by("accept_by", "pk").values("pk", "lead_id").first()
    if first is None:
        return None
    # Locked in the order in which everybody locks them: the desk, the lead, its turn.
    desk = the_desk(locked=True)
    lead = Lead._base_manager.select_for_update(of=("self",)).get(pk=first["lead_id"])
    turn = due.select_for_update(of=("self",)).filter(pk=first["pk"]).first()
    if turn is None:  # taken up, or moved on by another worker, while this one waited
        return False
    if lead.owner_id != turn.user_id or not lead.is_open:
        _settle_turn(turn, Acceptance.MOVED)
        return False
    if lead.status != LeadStatus.NEW or (lead.last_activity_at and lead.last_activity_at >= turn.at):
        _settle_turn(turn, Acceptance.ACCEPTED)
        return False
    _settle_turn(turn, Acceptance.MISSED)
    missed = LeadAssignment._base_manager.filter(lead=lead, state=Acceptance.MISSED)
    group = desk.groups.get(turn.group_id or 0)
    actor, before = system("assignment"), User._base_manager.select_related("team").get(pk=turn.user_id)
    following = (
        next_of(desk, lead, group, turn.rule, without=missed.values_list("user_id", flat=True))
        if group
        else Turn(lead, None, "")
    )
    done = settle(desk, [following], actor)
    params = {"person": str(before), "record": str(lead), "next": str(done.owners.get(lead.pk, ""))}
    notify(
        managers_above(before)[:1],
        news.LEAD_MISSED,
        params=params,
        url=lead.get_absolute_url(),
        about=lead,
        dedupe=f"{turn.pk}",
        work_of=before,
    )
    return True


def _settle_turn(turn: LeadAssignment, state: str) -> None:
    turn.state, turn.settled_at = state, timezone.now()
    turn.save(update_fields=["state", "settled_at"])
