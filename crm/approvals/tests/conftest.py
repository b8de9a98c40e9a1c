"""A kind of record to approve that every test can have: a team, whose name says its amount."""

from decimal import Decimal

import pytest

from crm.approvals import registry
from crm.approvals.models import ApprovalFlow
from crm.approvals.registry import MONEY, PERCENT, Approvable, Measure, PersonField
from crm.approvals.services import save_flow
from crm.core.writes import RuleBroken
from crm.identity.models import Team
from crm.identity.services import update_team
from crm.identity.tests.factories import SYSTEM, make_company, make_team, make_user

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


@pytest.fixture(autouse=True)
def _thing(monkeypatch):
    monkeypatch.setitem(registry.KINDS, "thing", KIND)
    EFFECTS.clear()


@pytest.fixture
def company(db):
    made = make_company()
    for team, leader in (
        ("company", "exec"),
        ("sales", "director"),
        ("east", "manager1"),
        ("south", "manager2"),
    ):
        update_team(getattr(made, team), leader=getattr(made, leader), actor=SYSTEM)
    return made


@pytest.fixture
def thing(company):
    return make_team("Thing", company.company)


@pytest.fixture
def people(company):
    """Who the worked example of domain.md asks beside the demo company: legal, and two general managers."""
    legal = make_user("legal1", "finance", company.finance)
    gm = [make_user(f"gm{n}", "executive", company.company) for n in (1, 2)]
    return {"legal": legal, "gm1": gm[0], "gm2": gm[1]}


def who(user):
    return {"who": "user", "user": user.pk}


def superior(level=1):
    return {"who": "superior", "level": level}


def make_flow(*steps, **values) -> ApprovalFlow:
    """A flow of the tests' kind; a step is a list of approvers, or a dict."""
    laid = [step if isinstance(step, dict) else {"approvers": step} for step in steps]
    values = {"kind": "thing", "name": "flow", **values}
    return save_flow(None, steps=laid, actor=SYSTEM, **values)
