"""What sales shows on the pages of other records."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Customer
from accounts.queries.today import Whose
from crm.core.clock import company_today
from crm.identity import access, fields
from crm.identity.models import User
from sales.listings.invoices import STATUS_KINDS as INVOICE_KINDS
from sales.models import (
    Invoice,
    InvoiceStatus,
    Lead,
    Opportunity,
    OpportunityLine,
    Order,
    PaymentPlan,
    Quote,
    Receipt,
    ReceiptStatus,
)
from sales.queries.invoices import invoice_total, invoices_of, room_of
from sales.queries.opportunities import deals_of, open_summary
from sales.queries.orders import order_total, orders_of, signed_for
from sales.queries.payments import (
    books_of,
    came_in,
    may_bill,
    open_total,
    overdue_q,
    owed_by,
    receipt_total,
    settled,
    sold_to,
)
from sales.queries.quotes import quotes_of

SHOWN = 5


def customer_opportunities(request: HttpRequest, customer: Customer) -> dict[str, Any] | None:
    """The deals of a customer, open ones first; nothing for whom opportunities are no business."""
    if not access.has_verb(request.user, "view", Opportunity):
        return None
    rows = deals_of(request.user, customer=customer)
    deals = list(rows[:SHOWN])
    mine = access.has_verb(request.user, "add", Opportunity) and access.may(request.user, "change", customer)
    return {
        "deals": deals,
        "total": len(deals) if len(deals) < SHOWN else rows.count(),
        "may_add": mine,
        "new_url": f"{reverse('opportunity_create')}?customer={customer.pk}",
        "list_url": f"{reverse('opportunity_list')}?customer={customer.pk}",
    }


def lead_opportunities(request: HttpRequest, lead: Lead) -> dict[str, Any] | None:
    """The deals a lead has led to; nothing while there are none."""
    deals = list(deals_of(request.user, lead=lead)[:SHOWN])
    return {"deals": deals, "total": len(deals), "may_add": False} if deals else None


def customer_quotes(request: HttpRequest, customer: Customer) -> dict[str, Any] | None:
    """What was offered to a customer, the newest first; nothing for whom quotes are no business."""
    return _quotes(request, quotes_of(request.user, customer=customer), {"customer": customer.pk})


def opportunity_quotes(request: HttpRequest, opportunity: Opportunity) -> dict[str, Any] | None:
    """What was offered for a deal."""
    rows = quotes_of(request.user, opportunity=opportunity)
    return _quotes(request, rows, {"opportunity": opportunity.pk})


def _quotes(request: HttpRequest, rows: Any, whose: dict[str, int]) -> dict[str, Any] | None:
    if not access.has_verb(request.user, "view", Quote):
        return None
    shown = list(rows[:SHOWN])
    query = urlencode(whose)
    return {
        "quotes": shown,
        "total": len(shown) if len(shown) < SHOWN else rows.count(),
        "may_add": access.has_verb(request.user, "add", Quote),
        "new_url": f"{reverse('quote_create')}?{query}",
        "list_url": f"{reverse('quote_list')}?{query}",
    }


def customer_orders(request: HttpRequest, customer: Customer) -> dict[str, Any] | None:
    """What was sold to a customer, the newest first, and what it comes to."""
    return _orders(request, orders_of(request.user, customer=customer), {"customer": customer.pk})


def opportunity_orders(request: HttpRequest, opportunity: Opportunity) -> dict[str, Any] | None:
    """What became of a deal; of a won one also what was signed for it, where it is said to be worth something else."""
    rows = orders_of(request.user, opportunity=opportunity)
    found = _orders(request, rows, {"opportunity": opportunity.pk})
    if found is None or any(fields.is_closed(request.user, one, "amount") for one in (Opportunity, Order)):
        return found
    signed = signed_for(opportunity)
    if signed is not None and signed != opportunity.amount:
        found |= {"signed": signed, "opportunity": opportunity}
        found["may_take"] = access.may(request.user, "change", opportunity) and fields.may_edit(
            request.user, Opportunity, "amount"
        )
    return found


def _orders(request: HttpRequest, rows: Any, whose: dict[str, int]) -> dict[str, Any] | None:
    if not access.has_verb(request.user, "view", Order):
        return None
    shown = list(rows[:SHOWN])
    fields.shield(request.user, shown)
    priced = shown and not fields.is_closed(request.user, Order, "amount")
    query = urlencode(whose)
    return {
        "orders": shown,
        "total": len(shown) if len(shown) < SHOWN else rows.count(),
        "sold": order_total(rows) if priced else "",
        "may_add": access.has_verb(request.user, "add", Order),
        "new_url": f"{reverse('order_create')}?{query}",
        "list_url": f"{reverse('order_list')}?{query}",
    }


def opportunity_products(request: HttpRequest, opportunity: Opportunity) -> dict[str, Any] | None:
    """The products a deal is about."""
    if not access.has_verb(request.user, "view", OpportunityLine):
        return None
    return {
        "lines": list(opportunity.lines.all()),
        "may_edit": opportunity.is_open and access.may(request.user, "change", opportunity),
    }


def today_tile(who: Whose) -> dict[str, Any] | None:
    """The open deals of those somebody looks at on Today; nothing for whom opportunities are no business."""
    if not access.has_verb(who.user, "view", Opportunity) or not access.has_verb(
        who.user, "add", Opportunity
    ):
        return None
    rows = access.visible(Opportunity, who.user)
    if not who.team:
        rows = rows.filter(owner=who.user)
    elif who.team_ids is not None:
        rows = rows.filter(team__in=who.team_ids)
    found = open_summary(rows)
    if fields.is_closed(who.user, Opportunity, "amount"):
        found["total"] = ""
    return found


def today_money(who: Whose) -> dict[str, Any] | None:
    """What waits for finance: receipts to confirm, invoices to issue and to deliver, and what is overdue."""
    user = who.user
    if not access.has_verb(user, "confirm", Receipt) or not access.has_verb(user, "issue", Invoice):
        return None
    invoices = access.visible(Invoice, user)
    late = access.visible(PaymentPlan, user).filter(overdue_q())
    return {
        "to_confirm": access.visible(Receipt, user).filter(status=ReceiptStatus.DRAFT).count(),
        "to_issue": invoices.filter(status=InvoiceStatus.APPLIED).count(),
        "to_deliver": invoices.filter(status=InvoiceStatus.ISSUED).count(),
        "late": late.count(),
        "owed": open_total(late),
    }


def order_payments(request: HttpRequest, order: Order) -> dict[str, Any] | None:
    """What has come in for an order; nothing for whom money is no business."""
    user = request.user
    books = books_of(user, order)
    if books is None:
        return None
    return {
        "order": order,
        "receipts": books.receipts,
        "may_record": order.is_effective and may_bill(user, order, Receipt),
        "may_change": access.has_verb(user, "change", Receipt),
        "may_draft": may_bill(user, order, Receipt),
        "may_confirm": access.has_verb(user, "confirm", Receipt),
    }


def customer_payments(request: HttpRequest, customer: Customer) -> dict[str, Any] | None:
    """What a customer still owes, the oldest first; nothing before anything was sold."""
    user = request.user
    if not access.has_verb(user, "view", PaymentPlan) or not sold_to(user, customer=customer).exists():
        return None
    rows = owed_by(user, customer=customer)
    today = company_today()
    late = rows.filter(overdue_q(today))
    return {
        "rows": [(row, settled(row, today)) for row in rows[:SHOWN]],
        "total": rows.count(),
        "owed": open_total(rows),
        "overdue": open_total(late) if late.exists() else "",
        "received": receipt_total(came_in(user, customer=customer)),
        **_invoiced(user, customer),
        "statement_url": reverse("customer_statement", args=[customer.pk])
        if access.has_verb(user, "view", Receipt)
        else "",
        "list_url": f"{reverse('payment_list')}?customer={customer.pk}",
    }


def _invoiced(user: User, customer: Customer) -> dict[str, Any]:
    """What was invoiced to a customer, and where the invoices are."""
    if not access.has_verb(user, "view", Invoice):
        return {}
    rows = invoices_of(user, order__customer=customer)
    url = f"{reverse('invoice_list')}?customer={customer.pk}"
    return {"invoiced": invoice_total(rows), "invoices_url": url}


def order_invoices(request: HttpRequest, order: Order) -> dict[str, Any] | None:
    """What was invoiced of an order and what is left to; nothing for whom invoices are no business, or before it is signed."""
    user = request.user
    if not access.has_verb(user, "view", Invoice) or not order.is_effective:
        return None
    if fields.is_closed(user, Order, "amount"):
        return None
    rows = list(invoices_of(user, order=order))
    left = sum(room_of(order).values(), Decimal(0))
    return {
        "order": order,
        "rows": [(one, INVOICE_KINDS.get(InvoiceStatus(one.status), "")) for one in rows],
        "invoiced": sum((one.amount for one in rows if one.is_in_books), Decimal(0)),
        "left": left,
        "may_apply": bool(left) and may_bill(user, order, Invoice),
    }
