"""A kind of record to approve that every test can have (a team), flows for it, and the company that decides."""

from decimal import Decimal

from crm.approvals import services
from crm.approvals.models import ApprovalFlow, ApprovalTask
from crm.approvals.registry import MONEY, PERCENT, Approvable, Measure, PersonField
from crm.approvals.services import save_flow
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.identity.models import Team
from crm.identity.services import update_team
from crm.identity.tests.factories import SYSTEM, Company, make_company

EFFECTS: list[tuple[str, int]] = []


def _amount(team, detail):
    return Decimal(detail.get("amount", "0"))


def _effect(name):
    def note(team, request, actor):
        if request.detail.get("broken"):
            raise RuleBroken("cannot be any more")
        EFFECTS.append((name, team.pk))

    return note


KIND = Approvable(
    key="thing",
    label="Thing",
    model=Team,
    title=lambda team, detail: f"{team} {detail.get('amount', '')}".strip(),
    amount=_amount,
    measures=(
        Measure("discount", "Discount", lambda team, detail: detail.get("discount"), PERCENT),
        Measure("cost", "Cost", lambda team, detail: detail.get("cost"), MONEY),
    ),
    people=(PersonField("leader", "leads the thing", lambda team, detail: team.leader_id),),
    may_submit=lambda user, team: True,
    begun=lambda team, detail, actor: EFFECTS.append(("begun", team.pk)),
    approved=_effect("approved"),
    ended=_effect("ended"),
    reopened=_effect("reopened"),
)


def led_company() -> Company:
    """The demo company's shape, with the leaders its teams have there."""
    made = make_company()
    leaders = (("company", "exec"), ("sales", "director"), ("east", "manager1"), ("south", "manager2"))
    for team, leader in leaders:
        update_team(getattr(made, team), leader=getattr(made, leader), actor=SYSTEM)
    return made


def who(user):
    return {"who": "user", "user": user.pk}


def superior(level=1):
    return {"who": "superior", "level": level}


def make_flow(*steps, **values) -> ApprovalFlow:
    """A flow of the tests' kind; a step is a list of approvers, or a dict."""
    laid = [step if isinstance(step, dict) else {"approvers": step} for step in steps]
    values = {"kind": "thing", "name": "flow", **values}
    return save_flow(None, steps=laid, actor=SYSTEM, **values)


def ask(thing, user, amount="1000", note="", **detail):
    return services.submit(
        "thing",
        thing,
        submitter=user,
        actor=Actor.of(user),
        note=note,
        detail={"amount": amount, **detail},
    )


def agree(request, *people):
    for user in people:
        request = services.approve(request, user=user, actor=Actor.of(user))
    return request


def refuse(request, user, comment="too much"):
    return services.reject(request, user=user, actor=Actor.of(user), comment=comment)


def asked(request):
    """Who is asked at the moment."""
    rows = request.tasks.filter(state=ApprovalTask.State.OPEN).select_related("approver")
    return sorted(task.approver.username for task in rows)
