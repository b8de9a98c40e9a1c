"""What of sales is approved: discounts on quotes, orders and contracts, stages that ask for it, and refunds."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.approvals.models import ApprovalRequest
from crm.approvals.registry import (
    CHOICE,
    MONEY,
    NUMBER,
    PERCENT,
    Approvable,
    Measure,
    PersonField,
    approvable,
)
from crm.core import formats
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.identity.access import may
from crm.identity.models import User
from sales.models import Opportunity, Order, Quote, Receipt, Stage
from sales.models.order import MONEY as SUMS
from sales.models.order import OrderKind
from sales.queries.payments import may_correct
from sales.services import opportunities, order_life, orders, quote_answers, quotes, stage_gates
from sales.services.money import row_of
from sales.services.settling import confirmed_of

Detail = Mapping[str, Any]
State = ApprovalRequest.State


def _may_change(user: User, record: models.Model) -> bool:
    return may(user, "change", record)


def _percent(share: Decimal | None) -> Decimal | None:
    return None if share is None else (share * 100).normalize()


def _comment(request: ApprovalRequest) -> str:
    """What who refused it said."""
    task = request.tasks.filter(state="rejected").first()
    return task.comment if task else ""


def _customer_owner(record: Any, detail: Detail) -> int | None:
    return record.customer.owner_id


def _owner(record: Any, detail: Detail) -> int | None:
    return record.owner_id


PEOPLE = (
    PersonField("owner", gettext_lazy("Owner of the record"), _owner),
    PersonField("customer_owner", gettext_lazy("Owner of the customer"), _customer_owner),
)
OF_LINES = (
    Measure("customer", gettext_lazy("Customer"), lambda one, detail: one.customer.name),
    Measure("discount", gettext_lazy("Discount"), lambda one, detail: _percent(one.discount), PERCENT),
    Measure("listed", gettext_lazy("Before discount"), lambda one, detail: one.listed, MONEY),
    Measure("net", gettext_lazy("Without tax"), lambda one, detail: one.net, MONEY),
    Measure("lines", gettext_lazy("Lines"), lambda one, detail: one.lines.count(), NUMBER),
    Measure("payment_terms", gettext_lazy("Payment terms"), lambda one, detail: one.payment_terms),
    Measure(
        "tier", gettext_lazy("Customer tier"), lambda one, detail: one.customer.tier or "", is_shown=False
    ),
)


# What the flows and steps that come with an installation are called, by the names they are kept under.
NAMES = {
    "主管": gettext_lazy("Superior"),
    "销售主管": gettext_lazy("Sales manager"),
    "销售总监": gettext_lazy("Sales director"),
    "财务": gettext_lazy("Finance"),
    "总经理": gettext_lazy("General manager"),
    "折扣 5% 以内": gettext_lazy("Discount up to 5%"),
    "折扣 15% 以内": gettext_lazy("Discount up to 15%"),
    "折扣 25% 以内": gettext_lazy("Discount up to 25%"),
    "折扣 25% 以上": gettext_lazy("Discount over 25%"),
    "订单与合同": gettext_lazy("Orders and contracts"),
    "阶段放行": gettext_lazy("Admission to a stage"),
    "退款": gettext_lazy("Refunds"),
}


# --- Quotes -------------------------------------------------------------------------------------------------------


def _quote_ready(quote: Quote, detail: Detail) -> None:
    if not quote.is_draft or quote.deleted_at is not None:
        raise RuleBroken(_("Only a draft is submitted."), code="frozen")
    if not quote.lines.exists():
        raise RuleBroken(_("A quote needs a line before it is submitted."), code="incomplete")


def _quote_summary(quote: Quote, detail: Detail) -> str:
    """What is offered, and how much is given away."""
    off = formats.percent(quote.discount, 2)
    return (
        _("%(what)s · %(share)s off") % {"what": quote.name, "share": off} if quote.discount else quote.name
    )


def _quote_reopened(quote: Quote, request: ApprovalRequest, actor: Actor) -> None:
    """A decision was taken back: the quote waits again, unless it was sent or changed meanwhile."""
    if request.state == State.APPROVED:
        quote_answers.reopen_quote(quote, actor=actor)
        quote.refresh_from_db()
    quote_answers.begin_quote_approval(quote, actor=actor)


QUOTE = Approvable(
    key="quote",
    names=NAMES,
    label=gettext_lazy("Discount"),
    tone="vio",
    model=Quote,
    title=lambda quote, detail: f"{quote.customer.name} · {quote.label}",
    summary=_quote_summary,
    amount=lambda quote, detail: quote.amount,
    currency=lambda quote, detail: quote.currency,
    measures=OF_LINES,
    people=PEOPLE,
    may_submit=_may_change,
    lock=quotes.locked,
    ready=_quote_ready,
    begun=lambda quote, detail, actor: quote_answers.begin_quote_approval(quote, actor=actor) and None,
    approved=lambda quote, request, actor: quote_answers.approve_quote(quote, actor=actor) and None,
    ended=lambda quote, request, actor: (
        quote_answers.reopen_quote(quote, actor=actor, note=_comment(request)) and None
    ),
    reopened=_quote_reopened,
    about=quotes.about,
)


# --- Orders and contracts -----------------------------------------------------------------------------------------


def _order_ready(order: Order, detail: Detail) -> None:
    if not order.is_draft or order.deleted_at is not None:
        raise RuleBroken(_("Only a draft is submitted."), code="frozen")


def _order_ended(order: Order, request: ApprovalRequest, actor: Actor) -> None:
    if request.state == State.REJECTED:
        order_life.reject_order(order, actor=actor, note=_comment(request))
    else:
        order_life.reopen_order(order, actor=actor)


def _order_reopened(order: Order, request: ApprovalRequest, actor: Actor) -> None:
    """A decision was taken back: the order waits again, unless it was signed or changed meanwhile."""
    order_life.reopen_order(order, actor=actor)
    order.refresh_from_db()
    order_life.begin_order_approval(order, actor=actor)


ORDER = Approvable(
    key="order",
    names=NAMES,
    label=gettext_lazy("Order or contract"),
    tone="brand",
    model=Order,
    title=lambda order, detail: f"{order.customer.name} · {order.number}",
    summary=lambda order, detail: order.name,
    amount=lambda order, detail: order.amount,
    currency=lambda order, detail: order.currency,
    measures=(
        *OF_LINES,
        Measure(
            "kind", gettext_lazy("Kind"), lambda order, detail: order.kind, CHOICE, lambda: OrderKind.choices
        ),
        Measure("revision", gettext_lazy("Version"), lambda order, detail: order.revision, NUMBER),
    ),
    people=PEOPLE,
    may_submit=_may_change,
    lock=orders.locked,
    ready=_order_ready,
    begun=lambda order, detail, actor: order_life.begin_order_approval(order, actor=actor) and None,
    approved=lambda order, request, actor: order_life.approve_order(order, actor=actor) and None,
    ended=_order_ended,
    reopened=_order_reopened,
    closed_with=SUMS,
    about=orders.about,
)


# --- Stages of a pipeline that ask for approval ---------------------------------------------------------------------


def _stage(detail: Detail) -> Stage | None:
    choice = str(detail.get("choice", ""))
    return Stage.objects.filter(pk=int(choice)).first() if choice.isdecimal() and len(choice) < 16 else None


def _stage_ready(opportunity: Opportunity, detail: Detail) -> None:
    stage = _stage(detail)
    if stage is None or stage not in stage_gates.gates_ahead(opportunity):
        raise RuleBroken(_("Choose a stage ahead that asks for approval."), field="choice")


def _stage_choices(opportunity: Opportunity) -> Sequence[tuple[str, str]]:
    return [(str(stage.pk), str(stage)) for stage in stage_gates.gates_ahead(opportunity)]


def _stage_approved(opportunity: Opportunity, request: ApprovalRequest, actor: Actor) -> None:
    """What was asked for happens: the deal moves on, if it still can."""
    stage = _stage(request.detail)
    if stage is None:
        raise RuleBroken(_("The stage is no longer there."))
    opportunities.move_opportunity(opportunity, to=stage, actor=actor, confirmed=True, approved=True)


STAGE = Approvable(
    key="stage",
    names=NAMES,
    label=gettext_lazy("Stage of a deal"),
    tone="teal",
    model=Opportunity,
    title=lambda deal, detail: f"{deal.name} → {_stage(detail) or ''}",
    summary=lambda deal, detail: deal.customer.name,
    amount=lambda deal, detail: deal.amount,
    currency=lambda deal, detail: deal.currency,
    measures=(
        Measure("customer", gettext_lazy("Customer"), lambda deal, detail: deal.customer.name),
        Measure("from", gettext_lazy("Stage now"), lambda deal, detail: str(deal.stage)),
        Measure("to", gettext_lazy("Stage asked for"), lambda deal, detail: str(_stage(detail) or "")),
        Measure("probability", gettext_lazy("Probability"), lambda deal, detail: deal.probability, PERCENT),
        Measure("close", gettext_lazy("Expected to close"), lambda deal, detail: deal.expected_close_date),
        Measure("need", gettext_lazy("Need"), lambda deal, detail: deal.need[:300]),
        Measure("competitor", gettext_lazy("Competitor"), lambda deal, detail: deal.competitor),
    ),
    people=PEOPLE,
    may_submit=_may_change,
    choices=_stage_choices,
    ready=_stage_ready,
    approved=_stage_approved,
    about=lambda deal: [deal.customer],
    locks=frozenset({"stage", "pipeline", "amount", "currency", "status", "deleted_at"}),
    closed_with=("amount",),
    needs_flow=True,
)


# --- Refunds -------------------------------------------------------------------------------------------------------


def _refund_locked(receipt: Receipt) -> Receipt:
    return row_of(orders.locked(receipt.order), receipt)


def _refund_ready(receipt: Receipt, detail: Detail) -> None:
    if not receipt.is_draft or receipt.amount >= 0:
        raise RuleBroken(_("Only a refund that is not confirmed yet is submitted."), code="state")


REFUND = Approvable(
    key="refund",
    names=NAMES,
    label=gettext_lazy("Refund"),
    tone="warn",
    model=Receipt,
    title=lambda receipt, detail: f"{receipt.order.customer.name} · {receipt.order.number}",
    summary=lambda receipt, detail: receipt.note,
    amount=lambda receipt, detail: -receipt.amount,
    currency=lambda receipt, detail: receipt.order.currency,
    measures=(
        Measure("customer", gettext_lazy("Customer"), lambda one, detail: one.order.customer.name),
        Measure("contract", gettext_lazy("Contract"), lambda one, detail: one.order.name),
        Measure("worth", gettext_lazy("Worth of the contract"), lambda one, detail: one.order.amount, MONEY),
        Measure(
            "received",
            gettext_lazy("Received so far"),
            lambda one, detail: confirmed_of(one.order),
            MONEY,
        ),
        Measure("why", gettext_lazy("Why"), lambda one, detail: one.note),
    ),
    people=(
        PersonField("owner", gettext_lazy("Owner of the record"), lambda one, detail: one.order.owner_id),
        PersonField(
            "customer_owner",
            gettext_lazy("Owner of the customer"),
            lambda one, detail: one.order.customer.owner_id,
        ),
    ),
    may_submit=may_correct,
    closed_with=tuple(f"order__{name}" for name in SUMS),
    lock=_refund_locked,
    ready=_refund_ready,
    about=lambda receipt: [receipt.order, receipt.order.customer],
)


def register() -> None:
    """Called once Django has read all models."""
    for kind in (QUOTE, ORDER, STAGE, REFUND):
        approvable(kind)
