"""Whose turn it is: the arithmetic of `rules.assignment` over the desk as it was read; nothing is written here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from accounts.services.cleaning import match_keys
from crm.identity.models import User
from sales.models import AssignmentGroup, AssignmentMember, AssignmentRule, Lead
from sales.queries.assignment import (
    FALLBACK,
    SAME_CUSTOMER,
    Desk,
    conditions_of,
    owners_of_same,
    the_desk,
    traits_of,
)
from sales.rules import assignment as rules


@dataclass(frozen=True)
class Turn:
    """Who gets one lead, by which rule of which group, and why; without a person it goes to the pool."""

    lead: Lead
    user: User | None
    why: str
    rule: AssignmentRule | None = None
    group: AssignmentGroup | None = None


def share_out(desk: Desk, leads: Sequence[Lead]) -> list[Turn]:
    """Who would get which of the leads, one after the other; writes nothing but the desk's own notes."""
    same = owners_of_same(leads)
    return [_turn(desk, lead, same.get(lead.pk)) for lead in leads]


def _turn(desk: Desk, lead: Lead, serving: User | None) -> Turn:
    if serving is not None:
        desk.open[serving.pk] = desk.open.get(serving.pk, 0) + 1
        return Turn(lead, serving, SAME_CUSTOMER)
    traits = traits_of(lead)
    rule = desk.rule_for(traits)
    if rule is None:
        return Turn(lead, None, "")
    return next_of(desk, lead, desk.groups[rule.group_id], rule)


def next_of(
    desk: Desk,
    lead: Lead,
    group: AssignmentGroup,
    rule: AssignmentRule | None,
    *,
    without: Iterable[int] = (),
) -> Turn:
    """Whose turn it is in a group, and the notes for the next one; `without` are people who had it and missed it."""
    missed = set(without)
    members = [
        replace(member, hindrance=rules.MISSED) if member.key in missed else member
        for member in desk.standing(group.pk)
    ]
    choice = rules.choose(
        group.strategy,
        members,
        last=group.last_user_id,
        places=traits_of(lead).places,
        required=rule.skills if rule else None,
    )
    for key, current in choice.currents.items():
        desk.members[group.pk][key] = replace(desk.members[group.pk][key], current=current)
    if choice.key is None:
        fallback = group.fallback if group.fallback and group.fallback.is_active else None
        fallback = None if fallback is not None and fallback.pk in missed else fallback
        return Turn(lead, fallback, FALLBACK if fallback else "", rule, group)
    group.last_user_id = choice.key
    desk.members[group.pk][choice.key] = replace(
        desk.members[group.pk][choice.key], last_assigned_at=desk.now
    )
    desk.open[choice.key] = desk.open.get(choice.key, 0) + 1
    return Turn(lead, desk.users[choice.key], group.strategy, rule, group)


@dataclass(frozen=True)
class Asked:
    """A rule that was asked, and the condition the lead did not meet; none where it fits."""

    rule: AssignmentRule
    unmet: str


@dataclass(frozen=True)
class Candidate:
    """Somebody of the group: what they have open, and why they are passed over."""

    member: AssignmentMember
    open: int
    skipped: str
    chosen: bool


@dataclass(frozen=True)
class Explained:
    """Who would get a lead now and why: the rules asked in order, and how the people of the group stand."""

    turn: Turn
    asked: list[Asked] = field(default_factory=list)
    people: list[Candidate] = field(default_factory=list)


def lead_like(*, name: str = "", company: str = "", phone: str = "", **values: Any) -> Lead:
    """A lead as it might come in, with what it is compared by; it is not saved."""
    lead = Lead(name=name or company, company=company, phone=phone, **values)
    for field_name, value in match_keys({"phone": phone, "name": company, "kind": "company"}).items():
        setattr(lead, field_name, value)
    return lead


def explain(lead: Lead) -> Explained:
    """A dry run for one lead (saved or only described): nobody gets anything, no turn is used up."""
    desk = the_desk(locked=False)
    standings = {pk: desk.standing(pk) for pk in desk.groups}
    (turn,) = share_out(desk, [lead])
    traits, asked = traits_of(lead), []
    for rule in desk.rules if turn.why != SAME_CUSTOMER else ():
        asked.append(Asked(rule, rules.unmet(conditions_of(rule), traits)))
        if not asked[-1].unmet:
            break
    if turn.group is None:
        return Explained(turn, asked)
    required = turn.rule.skills if turn.rule else {}
    rows = {one.user_id: one for one in desk.people[turn.group.pk]}
    return Explained(
        turn,
        asked,
        [
            Candidate(
                rows[member.key],
                member.open,
                member.skipped or ("" if rules.able(member, required) else rules.UNSKILLED),
                turn.user is not None and member.key == turn.user.pk,
            )
            for member in standings[turn.group.pk]
        ],
    )
