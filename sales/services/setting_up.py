"""How leads are shared out: groups with their people and the rules that lead to them, set up by administrators."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event
from sales.events.assignment import ASSIGNMENT_DELETED, ASSIGNMENT_SAVED
from sales.models import AssignmentGroup, AssignmentMember, AssignmentRule

GROUP_FIELDS = ("name", "strategy", "fallback", "pool", "acceptance_hours", "workdays_only")
MEMBER_FIELDS = ("weight", "cap", "shift_from", "shift_to", "territories", "skills")
RULE_FIELDS = (
    "name", "is_active", "group", "sources", "regions", "industries", "size_from", "size_to", "products", "languages",
    "skills",
)  # fmt: skip
MOST_LEVEL = 5


@transaction.atomic
def save_group(
    group: AssignmentGroup | None = None,
    *,
    members: Iterable[Mapping[str, Any]] | None = None,
    expected: int | None = None,
    actor: Actor,
    **values: Any,
) -> AssignmentGroup:
    """Make or change a group; `members` in their turn, each with a `user` and what is particular to them."""
    _known(values, GROUP_FIELDS)
    if group is not None:
        group = lock(group)
        check_version(group, expected)
    else:
        group = AssignmentGroup()
    for name, value in values.items():
        setattr(group, name, tidy(value) if name == "name" else value)
    _check_group(group)
    if group.pk is None:
        group.save()
    else:
        save_versioned(group, list(values))
    record_event(ASSIGNMENT_SAVED, group, actor=actor, payload={"name": group.name})
    if members is not None:
        _set_members(group, list(members))
    return group


def _check_group(group: AssignmentGroup) -> None:
    if not group.name:
        raise RuleBroken(_("A group needs a name."), field="name")
    if AssignmentGroup._base_manager.filter(name=group.name).exclude(pk=group.pk).exists():
        raise RuleBroken(_("There is a group of this name already."), field="name")
    if group.pool is not None and not group.pool.takes_leads:
        raise RuleBroken(_("This pool takes no leads."), field="pool")
    if group.fallback is not None and not group.fallback.is_active:
        raise RuleBroken(
            _("%(name)s has left. Choose somebody else.") % {"name": group.fallback}, field="fallback"
        )


def _set_members(group: AssignmentGroup, rows: list[Mapping[str, Any]]) -> None:
    """Exactly these people, in this order; who stays keeps the running numbers."""
    held = {
        one.user_id: one for one in AssignmentMember._base_manager.select_for_update().filter(group=group)
    }
    if len({row["user"].pk for row in rows}) != len(rows):
        raise RuleBroken(_("Somebody stands in the group twice."), field="members")
    for position, row in enumerate(rows):
        member = held.pop(row["user"].pk, None) or AssignmentMember(group=group, user=row["user"])
        member.position = position
        for name in MEMBER_FIELDS:
            if name in row:
                setattr(member, name, row[name])
        if member.weight < 1:
            raise RuleBroken(_("A weight is at least 1."), field="members")
        if bool(member.shift_from) != bool(member.shift_to):
            raise RuleBroken(_("A shift needs its beginning and its end."), field="members")
        _check_skills(member.skills, "members")
        member.save()
    AssignmentMember._base_manager.filter(pk__in=[one.pk for one in held.values()]).delete()


@transaction.atomic
def delete_group(group: AssignmentGroup, *, actor: Actor) -> None:
    """Delete a group that no rule leads to any more."""
    group = lock(group)
    if group.rules.exists():
        raise RuleBroken(_("Rules still lead to this group. Change them first."))
    record_event(ASSIGNMENT_DELETED, group, actor=actor, payload={"name": group.name})
    group.delete()


@transaction.atomic
def save_assignment_rule(
    rule: AssignmentRule | None = None, *, expected: int | None = None, actor: Actor, **values: Any
) -> AssignmentRule:
    """Make or change a rule; a new one is asked last."""
    _known(values, RULE_FIELDS)
    if rule is not None:
        rule = lock(rule)
        check_version(rule, expected)
    else:
        last = AssignmentRule._base_manager.order_by("-position").values_list("position", flat=True).first()
        rule = AssignmentRule(position=0 if last is None else last + 1)
    for name, value in values.items():
        setattr(rule, name, tidy(value) if name == "name" else value)
    if not rule.name:
        raise RuleBroken(_("A rule needs a name."), field="name")
    if rule.size_from is not None and rule.size_to is not None and rule.size_from > rule.size_to:
        raise RuleBroken(_("The smallest size is above the largest."), field="size_to")
    _check_skills(rule.skills, "skills")
    if rule.pk is None:
        rule.save()
    else:
        save_versioned(rule, list(values))
    record_event(ASSIGNMENT_SAVED, rule, actor=actor, payload={"name": rule.name})
    return rule


@transaction.atomic
def delete_assignment_rule(rule: AssignmentRule, *, actor: Actor) -> None:
    """Take a rule away; what it led to stays."""
    rule = lock(rule)
    record_event(ASSIGNMENT_DELETED, rule, actor=actor, payload={"name": rule.name})
    rule.delete()


@transaction.atomic
def move_assignment_rule(rule: AssignmentRule, *, up: bool, actor: Actor) -> None:
    """Ask a rule one place earlier or later."""
    rows = list(AssignmentRule._base_manager.select_for_update().order_by("position", "pk"))
    place = next(number for number, one in enumerate(rows) if one.pk == rule.pk)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return
    rows[place], rows[other] = rows[other], rows[place]
    for position, one in enumerate(rows):
        one.position = position
    AssignmentRule._base_manager.bulk_update(rows, ["position"])
    record_event(ASSIGNMENT_SAVED, rule, actor=actor, payload={"name": rule.name, "up": up})


def _check_skills(skills: Mapping[str, Any], field: str) -> None:
    for name, level in skills.items():
        if not name or not isinstance(level, int) or not 1 <= level <= MOST_LEVEL:
            raise RuleBroken(
                _("Write a skill as a word and a level from 1 to 5, such as english 3."), field=field
            )


def _known(values: Mapping[str, Any], fields: tuple[str, ...]) -> None:
    if unknown := set(values) - set(fields):
        raise TypeError(f"not to be edited this way: {sorted(unknown)}")
