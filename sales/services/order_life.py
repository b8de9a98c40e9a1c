"""The life of an order or contract: approved, signed, fulfilled, ended; and what that means for customer and deal."""

import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from crm.core.clock import company_today
from crm.core.money import write_full
from crm.core.text import tidy
from crm.core.writes import RuleBroken, check_version, lock, save_versioned
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.recording import recording
from sales.events.orders import (
    ORDER_APPROVED,
    ORDER_COMPLETED,
    ORDER_EFFECTIVE,
    ORDER_EXPIRED,
    ORDER_EXPIRING,
    ORDER_FULFILLING,
    ORDER_REJECTED,
    ORDER_RETURNED,
    ORDER_SUBMITTED,
    ORDER_TERMINATED,
    ORDER_VOIDED,
)
from sales.models import CloseReason, Order, OrderReminder, OrderStatus, Stage
from sales.models.order import RUNNING
from sales.rules import contracts
from sales.services.closing import win_opportunity
from sales.services.first_deals import note_bought, note_unsold
from sales.services.orders import about, locked, said
from sales.services.payments import close_money, fit_plan
from sales.services.quote_news import tell_ending


@transaction.atomic
def begin_order_approval(order: Order, *, actor: Actor, expected: int | None = None) -> Order:
    """A draft waits for those who must agree; nobody changes it meanwhile."""
    order = _step(order, expected)
    _complete(order)
    return _become(order, OrderStatus.IN_APPROVAL, ORDER_SUBMITTED, actor)


@transaction.atomic
def approve_order(order: Order, *, actor: Actor) -> Order:
    """Everybody who must agree has, or nobody had to: it may be signed. Twice is once."""
    order = locked(order)
    if order.status == OrderStatus.APPROVED:
        return order
    _complete(order)
    return _become(order, OrderStatus.APPROVED, ORDER_APPROVED, actor)


@transaction.atomic
def reject_order(order: Order, *, actor: Actor, note: str = "") -> Order:
    """Somebody who had to agree did not; it can be changed and submitted again."""
    order = locked(order)
    if order.status == OrderStatus.REJECTED:
        return order
    return _become(order, OrderStatus.REJECTED, ORDER_REJECTED, actor, note=tidy(note)[:200])


@transaction.atomic
def reopen_order(order: Order, *, actor: Actor, note: str = "") -> Order:
    """Back to a draft: withdrawn from approval, or approved and yet to be changed before it is signed."""
    order = locked(order)
    if order.status == OrderStatus.DRAFT:
        return order
    if order.status not in (OrderStatus.IN_APPROVAL, OrderStatus.APPROVED, OrderStatus.REJECTED):
        raise RuleBroken(_("What was signed is changed by an amendment."), code="frozen")
    return _become(order, OrderStatus.DRAFT, ORDER_RETURNED, actor, note=tidy(note)[:200])


@transaction.atomic
def sign_order(
    order: Order,
    *,
    actor: Actor,
    signed_date: datetime.date | None = None,
    reason: str = "",
    expected: int | None = None,
) -> Order:
    """It is signed and counts as sold from that day: its deal is won, its customer has had a first deal.

    An amendment keeps the day from which it has counted. `reason` is what won the deal.
    """
    order = _step(order, expected)
    day = signed_date or order.signed_date or company_today()
    if day > company_today():
        raise RuleBroken(_("This day lies in the future."), field="signed_date")
    if reason and reason not in CloseReason.values:
        raise RuleBroken(_("Choose one of the values offered."), field="reason")
    order.signed_date = day
    order.effective_date = order.effective_date or day
    order.closed_date = None
    _become(
        order,
        OrderStatus.EFFECTIVE,
        ORDER_EFFECTIVE,
        actor,
        "signed_date",
        "effective_date",
        "closed_date",
        day=order.effective_date.isoformat(),
    )
    fit_plan(order, actor=actor)
    _won(order, reason, actor)
    note_bought(order, actor=actor)
    return order


@transaction.atomic
def fulfil_order(order: Order, *, actor: Actor, expected: int | None = None) -> Order:
    """Delivery has begun."""
    return _become(_step(order, expected), OrderStatus.FULFILLING, ORDER_FULFILLING, actor)


@transaction.atomic
def complete_order(order: Order, *, actor: Actor, expected: int | None = None) -> Order:
    """Everything agreed is done."""
    order = _step(order, expected)
    order.closed_date = company_today()
    return _become(order, OrderStatus.COMPLETED, ORDER_COMPLETED, actor, "closed_date")


@transaction.atomic
def terminate_order(
    order: Order,
    *,
    reason: str,
    actor: Actor,
    day: datetime.date | None = None,
    expected: int | None = None,
) -> Order:
    """A running contract ends before its time, with the reason; what was sold stays sold."""
    order = _step(order, expected)
    order.close_reason = _reason(reason)
    order.closed_date = day or company_today()
    if order.closed_date > company_today():
        raise RuleBroken(_("This day lies in the future."), field="day")
    return _become(
        order,
        OrderStatus.TERMINATED,
        ORDER_TERMINATED,
        actor,
        "close_reason",
        "closed_date",
        reason=order.close_reason,
    )


@transaction.atomic
def void_order(order: Order, *, reason: str, actor: Actor, expected: int | None = None) -> Order:
    """It never counted (作废): its number stays taken, and the customer's first deal is another one, or none.

    Refused while money that came in, or an invoice, stands against it.
    """
    order = _step(order, expected)
    order.close_reason, order.closed_date = _reason(reason), company_today()
    if contracts.may_become(order.status, OrderStatus.VOIDED):
        close_money(order, reason=order.close_reason, actor=actor)
    _become(
        order,
        OrderStatus.VOIDED,
        ORDER_VOIDED,
        actor,
        "close_reason",
        "closed_date",
        reason=order.close_reason,
    )
    note_unsold(order.customer, {order.effective_date}, actor=actor)
    return order


@transaction.atomic
def expire_orders(*, actor: Actor, limit: int = 1000) -> int:
    """Close the running contracts whose last day has passed; safe to run twice."""
    rows = Order.objects.filter(status__in=RUNNING, end_date__lt=company_today()).order_by("pk")
    done = 0
    for order in rows.select_for_update(skip_locked=True, of=("self",))[:limit]:
        order.closed_date = order.end_date
        _become(order, OrderStatus.EXPIRED, ORDER_EXPIRED, actor, "closed_date")
        done += 1
    return done


def note_ending(*, actor: Actor, limit: int = 1000) -> list[tuple[Order, int]]:
    """The running contracts whose end comes into 90, 60 or 30 days, each once; contracts being renewed are left out.

    A contract that is nearer already when it is first seen is told of once, not three times.
    """
    rows = Order.objects.filter(status__in=RUNNING).select_related("customer", "owner", "team__leader")
    rows = rows.exclude(renewals__status__in=(*RUNNING, OrderStatus.APPROVED, OrderStatus.IN_APPROVAL))
    told = []
    for days, first, last in contracts.reminder_windows(company_today()):
        known = OrderReminder.objects.filter(
            order=OuterRef("pk"), end_date=OuterRef("end_date"), days_before=days
        )
        ending = rows.filter(end_date__gte=first, end_date__lte=last).exclude(Exists(known))
        for order in ending.order_by("end_date", "pk")[:limit]:
            with transaction.atomic():
                _reminder, fresh = OrderReminder.objects.get_or_create(
                    order=order, end_date=order.end_date, days_before=days
                )
                if fresh:  # of two that run at once the unique key lets one through
                    said(ORDER_EXPIRING, order, actor, day=order.end_date.isoformat(), days=days)
                    tell_ending(order, days, actor)
                    told.append((order, days))
    return told


# --- What the steps share -----------------------------------------------------------------------------------------


def _step(order: Order, expected: int | None) -> Order:
    order = locked(order)
    check_version(order, expected)
    return order


def _become(order: Order, to: str, event: EventType, actor: Actor, *fields: str, **payload: Any) -> Order:
    if order.deleted_at is not None or not contracts.may_become(order.status, to):
        raise RuleBroken(
            _("%(number)s is %(status)s and cannot become %(to)s.")
            % {
                "number": order.number,
                "status": order.get_status_display(),
                "to": OrderStatus(to).label,
            },
            code="state",
        )
    with recording(event, order, actor=actor, about=about(order)) as draft:
        order.status = to
        save_versioned(order, ["status", *fields])
        draft.payload |= {
            "number": order.number,
            "amount": write_full(order.amount, order.currency),
            **payload,
        }
    return order


def _complete(order: Order) -> None:
    if not order.lines.exists():
        raise RuleBroken(_("An order needs at least one line."), field="lines", code="empty")


def _reason(reason: str) -> str:
    reason = tidy(reason)[:300]
    if not reason:
        raise RuleBroken(_("Give a reason."), field="reason")
    return reason


def _won(order: Order, reason: str, actor: Actor) -> None:
    """The deal behind an order is made; one that is closed already, or whose pipeline has no such stage, stays."""
    if order.opportunity_id is None:
        return
    opportunity = lock(order.opportunity)
    winning = Stage.objects.filter(pipeline=opportunity.pipeline_id, kind=Stage.Kind.WON)
    if opportunity.is_open and winning.exists():
        win_opportunity(opportunity, actor=actor, reason=reason, closed_at=order.effective_date)


@transaction.atomic
def reopen_decided(order: Order, *, actor: Actor) -> Order:
    """Make an approved or rejected order a draft again; one that waits for approval is withdrawn there."""
    order = locked(order)
    if order.status == OrderStatus.IN_APPROVAL:
        raise RuleBroken(_("It waits for approval: withdraw it there."), code="state")
    return reopen_order(order, actor=actor)
