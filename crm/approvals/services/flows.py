"""Flows as administrators keep them; requests that run already keep the steps they began with."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.approvals.events import FLOW_DELETED, FLOW_SAVED
from crm.approvals.models import ApprovalFlow, FlowStep, Mode
from crm.approvals.queries.people import Chart
from crm.approvals.registry import CHOICE, MONEY, NUMBER, PERCENT, Approvable, kind_of
from crm.approvals.rules import conditions as rules
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.models import Role, User

MOST_STEPS, MOST_CONDITIONS, MOST_APPROVERS, HIGHEST = 20, 10, 20, 9
OPS_OF = {
    MONEY: rules.OF_NUMBERS,
    NUMBER: rules.OF_NUMBERS,
    PERCENT: rules.OF_NUMBERS,
    CHOICE: rules.OF_CHOICES,
}


@transaction.atomic
def save_flow(
    flow: ApprovalFlow | None,
    *,
    actor: Actor,
    kind: str,
    name: str,
    steps: Sequence[Mapping[str, Any]],
    conditions: Sequence[Mapping[str, Any]] = (),
    copies: Sequence[Mapping[str, Any]] = (),
    is_active: bool = True,
    expected: int | None = None,
) -> ApprovalFlow:
    """Write a flow with its steps; a change is a new version, which only later requests follow."""
    declared = kind_of(kind)
    if declared is None:
        raise RuleBroken(_("Records of this kind are not approved."), field="kind")
    if flow is not None:
        flow = lock(flow)
        check_version(flow, expected)
    name = tidy(name)[:80]
    if not name:
        raise RuleBroken(_("Give the flow a name."), field="name")
    if len(steps) > MOST_STEPS:
        raise RuleBroken(_("A flow has %(count)s steps at most.") % {"count": MOST_STEPS}, field="steps")
    before = [step.plain() for step in flow.steps.all()] if flow else []
    made = flow or ApprovalFlow(kind=kind, position=ApprovalFlow.objects.filter(kind=kind).count())
    made.kind, made.name, made.is_active = kind, name, is_active
    made.conditions = _conditions(declared, conditions)
    chart = Chart()
    made.copies = _approvers(declared, copies, chart, "copies", able=False)
    laid = [_step(declared, step, place, chart) for place, step in enumerate(steps)]
    if flow is None:
        made.save()
    else:
        save_versioned(made, ["kind", "name", "is_active", "conditions", "copies"])
    FlowStep.objects.filter(flow=made).delete()
    for place, step in enumerate(laid):
        FlowStep(flow=made, position=place, **step).save()
    after = [step.plain() for step in FlowStep.objects.filter(flow=made)]
    payload = {"name": name, "kind": kind, "version": made.version, "active": is_active}
    record_event(FLOW_SAVED, made, actor=actor, payload=payload, changes={"steps": [before, after]})
    return made


@transaction.atomic
def arrange_flows(kind: str, ids: Sequence[int], *, actor: Actor) -> None:
    """Put the flows of one kind into an order: the first whose conditions hold is taken."""
    rows = {flow.pk: flow for flow in ApprovalFlow.objects.select_for_update().filter(kind=kind)}
    if set(ids) != set(rows):
        raise RuleBroken(_("The flows have changed meanwhile. Reload the page."), code="stale_version")
    for place, pk in enumerate(ids):
        if rows[pk].position != place:
            rows[pk].position = place
            save_versioned(rows[pk], ["position"])
            record_event(FLOW_SAVED, rows[pk], actor=actor, payload={"position": place})


@transaction.atomic
def delete_flow(flow: ApprovalFlow, *, actor: Actor, expected: int | None = None) -> None:
    """Delete a flow; what it was begun for goes on with the steps it has."""
    flow = lock(flow)
    check_version(flow, expected)
    record_event(FLOW_DELETED, flow, actor=actor, payload={"name": flow.name, "kind": flow.kind})
    flow.delete()


def measures_of(kind: Approvable) -> dict[str, str]:
    """What the conditions of a kind's flows can ask, with the kind of value; the amount among them."""
    found = {one.name: one.kind for one in kind.measures if one.is_condition}
    return {"amount": MONEY, **found}


def _conditions(kind: Approvable, conditions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if len(conditions) > MOST_CONDITIONS:
        raise RuleBroken(
            _("A flow has %(count)s conditions at most.") % {"count": MOST_CONDITIONS}, field="conditions"
        )
    known = measures_of(kind)
    found = []
    for one in conditions:
        name, op, value = one.get("field"), one.get("op"), one.get("value")
        of = known.get(str(name))
        if of is None:
            raise RuleBroken(_("A condition asks for something this kind does not have."), field="conditions")
        if op not in OPS_OF.get(of, rules.OF_TEXTS):
            raise RuleBroken(_("Choose how a condition compares."), field="conditions")
        if op == rules.ONE_OF:
            value = [str(each) for each in (value if isinstance(value, list) else [value])]
        elif of in (MONEY, NUMBER, PERCENT):
            if rules.number(value) is None:
                raise RuleBroken(_("Enter a number in each condition."), field="conditions")
            value = str(rules.number(value))
        if value in (None, "", []):
            raise RuleBroken(_("Say what each condition compares with."), field="conditions")
        found.append({"field": name, "op": op, "value": value})
    return found


def _step(kind: Approvable, step: Mapping[str, Any], place: int, chart: Chart) -> dict[str, Any]:
    field = "steps"
    mode = step.get("mode") or Mode.ANY
    if mode not in Mode.values:
        raise RuleBroken(_("Choose how many of a step's approvers have to agree."), field=field)
    lower, upper = _amount(step.get("amount_from")), _amount(step.get("amount_below"))
    if lower is not None and upper is not None and upper <= lower:
        raise RuleBroken(
            _("Step %(n)s ends below the amount it begins with.") % {"n": place + 1}, field=field
        )
    approvers = _approvers(kind, step.get("approvers") or (), chart, field)
    if not approvers:
        raise RuleBroken(_("Step %(n)s asks nobody.") % {"n": place + 1}, field=field)
    return {
        "name": tidy(str(step.get("name") or ""))[:60],
        "mode": mode,
        "approvers": approvers,
        "amount_from": lower,
        "amount_below": upper,
    }


def _amount(value: Any) -> Decimal | None:
    if value in (None, ""):
        return None
    found = rules.number(value)
    if found is None or not 0 <= found < Decimal(10) ** 14:
        raise RuleBroken(_("Enter an amount from nothing to a hundred trillion."), field="steps")
    return found.quantize(Decimal("0.01"))


def _approvers(
    kind: Approvable, approvers: Sequence[Mapping[str, Any]], chart: Chart, field: str, *, able: bool = True
) -> list[dict[str, Any]]:
    if len(approvers) > MOST_APPROVERS:
        raise RuleBroken(
            _("Name %(count)s approvers at most in one step.") % {"count": MOST_APPROVERS}, field=field
        )
    return [_approver(kind, one, chart, field, able) for one in approvers]


def _approver(
    kind: Approvable, one: Mapping[str, Any], chart: Chart, field: str, able: bool
) -> dict[str, Any]:
    match one.get("who"):
        case "user":
            person = rules.number(one.get("user"))
            user = User._base_manager.filter(pk=int(person), is_active=True).first() if person else None
            if user is None:
                raise RuleBroken(_("Choose somebody who works here."), field=field)
            if able and user.pk not in chart.able:
                raise RuleBroken(
                    _("%(name)s may not approve: give the role %(role)s that right first.")
                    % {"name": user, "role": user.role or "–"},
                    field=field,
                )
            return {"who": "user", "user": user.pk}
        case "role":
            role = Role._base_manager.filter(slug=str(one.get("role"))).first()
            if role is None:
                raise RuleBroken(_("Choose a role."), field=field)
            if able and role.is_administrator:
                raise RuleBroken(_("An approval never ends at the administrators."), field=field)
            return {"who": "role", "role": role.slug}
        case "superior":
            level = rules.number(one.get("level") or 1)
            if level is None or level != int(level) or not 1 <= level <= HIGHEST:
                raise RuleBroken(_("A level lies between 1 and %(most)s.") % {"most": HIGHEST}, field=field)
            return {"who": "superior", "level": int(level)}
        case "field" if one.get("field") in {person.name for person in kind.people}:
            return {"who": "field", "field": one["field"]}
    raise RuleBroken(_("Choose who is asked."), field=field)
