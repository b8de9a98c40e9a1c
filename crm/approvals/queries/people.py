"""Who approves: the company as the arithmetic of approvals needs it, and a flow worked out for one submitter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from crm.approvals.models import ApprovalDelegation, ApprovalFlow, ApprovalRequest
from crm.approvals.registry import MONEY, Approvable, Detail
from crm.approvals.rules import conditions, rounds
from crm.core.clock import company_today
from crm.core.languages import in_reader_language
from crm.core.money import BASE_CURRENCY
from crm.identity.models import Cover, Team, User
from crm.identity.queries import holding
from crm.records.queries import rate_on

EXECUTIVE = "executive"


class Chart:
    """The company at this moment: who leads whom, who may approve, who stands in for whom. A handful of queries."""

    @cached_property
    def teams(self) -> dict[int, tuple[int | None, int | None]]:
        """Each active team's parent and leader."""
        rows = Team._base_manager.values_list("pk", "parent_id", "leader_id", "is_active")
        return {pk: (parent, leader if active else None) for pk, parent, leader, active in rows}

    @cached_property
    def team_of(self) -> dict[int, int | None]:
        """Each person's team, of everybody who ever worked here."""
        return dict(User._base_manager.values_list("pk", "team_id"))

    @cached_property
    def able(self) -> frozenset[int]:
        """Who may approve: people who are here, whose role has the right, and who are not IT."""
        rows = holding("approve", ApprovalRequest).filter(role__is_administrator=False)
        return frozenset(rows.values_list("pk", flat=True))

    @cached_property
    def executives(self) -> list[int]:
        """Where a step without anybody ends."""
        chiefs = User._base_manager.filter(role__slug=EXECUTIVE, pk__in=self.able)
        return list(chiefs.order_by("pk").values_list("pk", flat=True))

    @cached_property
    def stand_ins(self) -> dict[int, int]:
        """Who decides instead of whom today: by delegation, else as the cover of somebody away who may approve as well."""
        covers = Cover.objects.running().filter(by__in=self.able).order_by("-pk")
        found = dict(covers.values_list("user_id", "by_id"))
        found |= dict(ApprovalDelegation.objects.running().order_by("-pk").values_list("user_id", "to_id"))
        return found

    def leaders(self, person: int) -> list[int]:
        """The leaders from somebody's own team upwards, nearest first, themselves among them."""
        found: list[int] = []
        seen: set[int] = set()
        team = self.team_of.get(person)
        while team in self.teams and team not in seen:
            seen.add(team)
            team, leader = self.teams[team]
            if leader is not None and leader not in found:
                found.append(leader)
        return found

    def manager_of(self, person: int) -> int | None:
        """The nearest leader above somebody."""
        return next((one for one in self.leaders(person) if one != person), None)

    def seats(self, people: Sequence[int], submitter: int) -> list[rounds.Seat]:
        """Whom a step that names these people really asks."""
        return rounds.seats(
            people,
            submitter=submitter,
            manager_of=self.manager_of,
            active=self.able.__contains__,
            delegates=self.stand_ins,
            executive=next((one for one in self.executives if one != submitter), None),
        )


BEYOND = Decimal("1e30")  # above every amount there is, when one stands for a cent


@dataclass
class PlannedStep:
    """A step worked out: whom it asks, and why those."""

    name: str
    mode: str
    seats: list[rounds.Seat]
    why: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """What a submission would lead to: the flow that fits, its steps, and who is told of the outcome."""

    flow: ApprovalFlow | None
    steps: list[PlannedStep]
    copies: list[int]
    facts: dict[str, Any]
    has_gap: bool = False  # a step for which nobody was found, not even an executive


def compared(kind: Approvable, facts: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """What was measured, as conditions and bands compare it: money in the base currency at today's rate, and beyond
    every band in a currency that has none: rather one more is asked than one too few."""
    rate = rate_on(currency, company_today()) or BEYOND
    money = {"amount", *(one.name for one in kind.measures if one.kind == MONEY)}
    return {
        name: str(found * rate)
        if name in money and (found := conditions.number(value)) is not None
        else in_reader_language(value)
        for name, value in facts.items()
    }


def flow_for(kind: Approvable, facts: Mapping[str, Any]) -> ApprovalFlow | None:
    """The first active flow of the kind whose conditions hold for what is `compared`."""
    rows = ApprovalFlow.objects.filter(kind=kind.key, is_active=True).prefetch_related("steps")
    return next((flow for flow in rows if conditions.all_hold(flow.conditions, facts)), None)


def plan_for(
    kind: Approvable,
    record: Any,
    detail: Detail,
    submitter: User,
    *,
    facts: Mapping[str, Any] | None = None,
    flow: ApprovalFlow | None = None,
) -> Plan:
    """Who would approve this record for this submitter, and why: what a submission follows and a dry run shows."""
    measured = dict(kind.measured(record, detail) if facts is None else facts)
    currency = BASE_CURRENCY if record is None else kind.currency(record, detail)
    held = compared(kind, measured, currency)
    flow = flow or flow_for(kind, held)
    if flow is None:
        return Plan(None, [], [], measured)
    chart = Chart()
    amount = conditions.number(held.get("amount"))
    steps = []
    for step in flow.steps.all():
        if not conditions.in_band(amount, step.amount_from, step.amount_below):
            continue
        people, why = named(step.approvers, chart, kind, record, detail, submitter.pk)
        steps.append(PlannedStep(step.name, step.mode, chart.seats(people, submitter.pk), why))
    has_gap = any(not step.seats for step in steps)
    kept = conditions.without_repeats(
        [(step.mode, [seat.person for seat in step.seats]) for step in steps], any_of=rounds.ANY
    )
    for step, people in zip(steps, kept, strict=True):
        step.seats = [seat for seat in step.seats if seat.person in people]
    copies, _why = named(flow.copies, chart, kind, record, detail, submitter.pk)
    return Plan(flow, [step for step in steps if step.seats], copies, measured, has_gap)


def named(
    approvers: Sequence[Mapping[str, Any]],
    chart: Chart,
    kind: Approvable,
    record: Any,
    detail: Detail,
    submitter: int,
) -> tuple[list[int], list[str]]:
    """The people a step names, and in words how each was found."""
    people: list[int] = []
    why: list[str] = []
    for one in approvers:
        found, words = _found(one, chart, kind, record, detail, submitter)
        people += [person for person in found if person not in people]
        why.append(words)
    return people, why


def _found(
    one: Mapping[str, Any], chart: Chart, kind: Approvable, record: Any, detail: Detail, submitter: int
) -> tuple[list[int], str]:
    match one.get("who"):
        case "user":
            return [int(one["user"])], _("named in the flow")
        case "role":
            rows = User._base_manager.filter(role__slug=one["role"], pk__in=chart.able).order_by("pk")
            return list(rows.values_list("pk", flat=True)), _("by their role")
        case "superior":
            level = max(1, int(one.get("level", 1)))
            leaders = chart.leaders(submitter)
            words = _("leads the submitter's team") if level == 1 else _("leads a team above the submitter's")
            return leaders[min(level, len(leaders)) - 1 :][:1], words
        case "field":
            person = next((field for field in kind.people if field.name == one.get("field")), None)
            found = person.read(record, detail) if person is not None and record is not None else None
            return ([found] if found else []), str(person.label) if person else ""
    return [], ""


def amount_of(facts: Mapping[str, Any]) -> Decimal | None:
    """The amount among what was measured."""
    return conditions.number(facts.get("amount"))


def approving_roles() -> set[str]:
    """The codes of the roles whose people may approve."""
    rows = holding("approve", ApprovalRequest).filter(role__is_administrator=False)
    return set(rows.values_list("role__slug", flat=True))
