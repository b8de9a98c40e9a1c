"""What waits for approval in the demo company: discounts and contracts for managers, the director and the executive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Customer
from crm.approvals import services as approvals
from crm.approvals.models import ApprovalRequest, ApprovalTask
from crm.events.actor import Actor
from crm.identity.models import User
from sales.services import Draft
from sales.services.orders import create_order
from sales.services.quotes import create_quote


@dataclass(frozen=True)
class Case:
    """One request: who asks, for what, how long ago, who has agreed by now, and how it ended if it did."""

    kind: str
    seller: str
    what: str
    price: int
    share: str
    hours: int
    note: str
    agreed: Sequence[str] = ()
    end: str = ""
    nudges: int = 0


CASES = (
    Case(
        "quote",
        "sales1",
        "视觉检测线 2 套",
        318_000,
        "0.12",
        50,
        "竞品同配置低 9%，客户本周定标；毛利还剩 31%",
        nudges=2,
    ),
    Case("order", "sales2", "备件年度框架", 86_000, "0", 20, "客户已盖章，等我方回传"),
    Case("quote", "sales2", "AGV 小车 3 台", 145_000, "0.08", 3, "老客户复购，上次也是这个价"),
    Case("quote", "sales1", "焊缝检测改造", 276_000, "0.22", 26, "首单样板，后续 6 条线"),
    Case("quote", "sales3", "码垛机器人 4 台", 168_000, "0.2", 5, "客户预算封顶，配置已减"),
    Case("order", "sales3", "分拣线升级", 360_000, "0.05", 30, "主管已看过条款", ("manager2",)),
    Case(
        "order",
        "sales1",
        "焊缝检测 8 台",
        232_500,
        "0",
        3,
        "财务已同意，超 50 万需你批",
        ("manager1", "finance1"),
    ),
    Case(
        "order",
        "sales4",
        "整厂自动化一期",
        1_180_000,
        "0.04",
        44,
        "分三期付款，首付 30%",
        ("manager2", "finance1"),
        nudges=1,
    ),
    Case("order", "sales2", "立体库改造", 640_000, "0.1", 8, "客户要求本月签约", ("manager1",)),
    Case("quote", "sales4", "上下料机械手", 92_000, "0.1", 70, "补差价换订单", ("manager2",)),
    Case("quote", "sales1", "检测相机 12 台", 26_000, "0.14", 90, "量大", ("manager1",)),
    Case("order", "sales3", "维保三年", 54_000, "0", 120, "续签", (), "price"),
)
QUANTITY = {"order": 3, "quote": 2}


def ask_for_approvals(people: dict[str, User]) -> None:
    """Submit the cases through the services, let some be agreed to, and put their times back."""
    taken: dict[str, int] = {}
    for case in CASES:
        seller = people[case.seller]
        rows = Customer.objects.filter(owner=seller).order_by("pk")
        place = taken.get(case.seller, 0)
        customer = rows[place : place + 1].first()
        if customer is None:  # a demo of very few customers
            continue
        taken[case.seller] = place + 1
        request = _submitted(case, customer, seller)
        for name in case.agreed:
            approvals.approve(request, user=people[name], actor=Actor.of(people[name]))
        if case.end:
            boss = request.tasks.filter(state=ApprovalTask.State.OPEN).first()
            if boss is not None:
                approvals.reject(
                    request,
                    user=boss.approver,
                    actor=Actor.of(boss.approver),
                    comment="价格再谈一轮，至少 5%",
                )
        _put_back(request, case)


def _submitted(case: Case, customer: Customer, seller: User) -> ApprovalRequest:
    line = Draft(
        name=case.what.split(" ")[0],
        price=Decimal(case.price),
        quantity=Decimal(QUANTITY[case.kind]),
        discount=Decimal(case.share),
        tax_rate=Decimal("0.13"),
    )
    make = create_quote if case.kind == "quote" else create_order
    actor = Actor.of(seller)
    record = make(customer, actor=actor, owner=seller, name=case.what, lines=[line])
    return approvals.submit(case.kind, record, submitter=seller, actor=actor, note=case.note)


def _put_back(request: ApprovalRequest, case: Case) -> None:
    """It was submitted some hours ago; each step that was agreed to took a quarter of the time."""
    now = timezone.now()
    begun = now - timedelta(hours=case.hours)
    rows = ApprovalRequest.objects.filter(pk=request.pk)
    nudged = (
        {"nudges": case.nudges, "nudged_at": now - timedelta(hours=case.hours / 5)} if case.nudges else {}
    )
    rows.update(submitted_at=begun, created_at=begun, **nudged)
    at = begun
    for task in request.tasks.order_by("step__position", "pk"):
        if task.opened_at is None:
            continue
        closed = at + timedelta(hours=case.hours / 4) if task.closed_at else None
        ApprovalTask.objects.filter(pk=task.pk).update(opened_at=at, closed_at=closed)
        at = closed or at
    if not ApprovalRequest.objects.get(pk=request.pk).is_pending:
        rows.update(decided_at=at)
