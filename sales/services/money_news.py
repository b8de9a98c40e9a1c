"""Who hears of receipts and invoices that wait or are decided, and of payments that are due or late."""

from typing import Any

from django.utils.translation import ngettext

from crm.automation.services import notify
from crm.core.clock import company_today
from crm.core.money import write_full
from crm.events.actor import Actor
from crm.identity.models import User
from crm.identity.queries import holding
from sales.models import Invoice, Order, PaymentPlan, Receipt
from sales.news.money import (
    INVOICE_DECIDED,
    INVOICE_WAITS,
    PAYMENT_DUE,
    PAYMENT_OVERDUE,
    RECEIPT_DECIDED,
    RECEIPT_WAITS,
)
from sales.rules.payments import LEADERS_HEAR, WATCHERS_HEAR


def tell_applied(invoice: Invoice, actor: Actor) -> None:
    """Who issues invoices hears that one is wanted."""
    notify(
        holding("issue", Invoice),
        INVOICE_WAITS,
        params=_params(invoice),
        body=invoice.note,
        url=invoice.get_absolute_url(),
        about=invoice,
        actor=actor,
        dedupe=str(invoice.pk),
    )


def tell_decided(invoice: Invoice, actor: Actor) -> None:
    """Who asked for it, and whose contract it is, hears whether it was issued or turned down, and why."""
    people = {one.pk: one for one in (invoice.order.owner, invoice.applied_by) if one}
    notify(
        people.values(),
        INVOICE_DECIDED,
        params=_params(invoice) | {"status": invoice.status},
        body=invoice.reason,
        url=invoice.get_absolute_url(),
        about=invoice,
        actor=actor,
        dedupe=f"{invoice.pk}:{invoice.status}",
    )


def tell_recorded(receipt: Receipt, actor: Actor) -> None:
    """Who confirms receipts hears that one waits."""
    notify(
        holding("confirm", Receipt),
        RECEIPT_WAITS,
        params=_params(receipt),
        body=receipt.note,
        url=receipt.get_absolute_url(),
        about=receipt,
        actor=actor,
        dedupe=str(receipt.pk),
    )


def tell_receipt_decided(receipt: Receipt, actor: Actor) -> None:
    """Whose contract it is hears that the money counts, or that it never came."""
    notify(
        _owner(receipt.order),
        RECEIPT_DECIDED,
        params=_params(receipt) | {"status": receipt.status},
        body=receipt.void_reason,
        url=receipt.get_absolute_url(),
        about=receipt,
        actor=actor,
        dedupe=f"{receipt.pk}:{receipt.status}",
    )


def tell_due(row: PaymentPlan, days: int, actor: Actor) -> None:
    """The owner hears of what comes due and what is late; from a week on the team's leader, from a month on finance."""
    order = row.order
    people = {one.pk: one for one in _owner(order)}
    if days >= LEADERS_HEAR and order.team and order.team.leader:
        people[order.team.leader.pk] = order.team.leader
    if days >= WATCHERS_HEAR:
        people |= {one.pk: one for one in holding("confirm", Receipt)}
    left = write_full(row.amount - row.received, order.currency)
    late = (company_today() - row.due_date).days
    notify(
        people.values(),
        PAYMENT_OVERDUE if days > 0 else PAYMENT_DUE,
        params=_params(row) | {"amount": left, "day": row.due_date.isoformat()},
        body=ngettext("%(days)d day overdue.", "%(days)d days overdue.", late) % {"days": late}
        if late > 0
        else row.note,
        url=order.get_absolute_url(),
        about=row,
        actor=actor,
        dedupe=f"{row.pk}:{row.due_date}:{days}",
    )


def _params(row: Any) -> dict[str, str]:
    order = row.order
    return {
        "number": order.number,
        "customer": order.customer.name,
        "amount": write_full(row.amount, order.currency),
    }


def _owner(order: Order) -> list[User]:
    return [order.owner] if order.owner else []
