"""The page of an order or contract."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from accounts.queries.timeline import history
from crm.core.clock import company_today
from crm.core.rmb import MOST, in_capitals
from crm.identity import access, fields
from crm.identity import services as identity
from crm.identity.models import User
from crm.listing.record import RecordPage
from crm.records.models.custom_field import PREFIX
from sales import services
from sales.forms.orders import OrderForm
from sales.listings.orders import ORDER_BIN, ORDERS, STATUS_KINDS
from sales.listings.payments import STATE_KINDS, STATE_WORDS
from sales.models import Invoice, Order, OrderLine, OrderStatus, PaymentPlan
from sales.queries.invoices import invoices_of, room_of
from sales.queries.orders import order_record, reads_prices
from sales.queries.payments import Books, books_of, may_bill, may_correct, settled
from sales.rules import contracts
from sales.services.orders import AFTERWARDS, is_deletable

HISTORY = 12


def order_context(request: HttpRequest, order: Order, may: dict[str, bool]) -> dict[str, Any]:
    """Beside the facts: its lines with totals, versions, term, what may be done next."""
    user = request.user
    today = company_today()
    left = order.days_left(today)
    lines = list(order.lines.all()) if access.has_verb(user, "view", OrderLine) else []
    rates = {line.tax_rate for line in lines}
    versions = list(order.versions.all())
    fields.shield(user, [*lines, *versions])
    renewal = order.renewals.exclude(status=OrderStatus.VOIDED).first()
    beside = [one.pk for one in (order.renews, renewal) if one is not None]
    in_yuan = order.amount is not None and order.currency == "CNY" and order.amount < MOST
    return {
        "lines": lines,
        "lines_seen": access.has_verb(user, "view", OrderLine),
        "prices_closed": not reads_prices(user),
        "rate": rates.pop() if len(rates) == 1 else None,
        "capitals": in_capitals(order.amount) if in_yuan else "",
        "status_kind": STATUS_KINDS.get(OrderStatus(order.status), ""),
        "deletable": may["delete"] and is_deletable(order),
        "days_left": left,
        "ends_soon": left is not None and left <= max(contracts.REMIND_DAYS),
        "can": {to for to in OrderStatus.values if contracts.may_become(order.status, to)},
        "may_amend": order.status in (OrderStatus.APPROVED, OrderStatus.EFFECTIVE, OrderStatus.FULFILLING),
        "may_renew": order.is_effective and order.end_date is not None,
        "renewal": renewal,
        "orders_seen": access.visible(Order, user).in_bulk(beside) if beside else {},
        "quote_seen": order.quote is not None and access.may(user, "view", order.quote),
        "versions": versions,
        "customer_seen": access.may(user, "view", order.customer),
        "opportunity_seen": order.opportunity is not None and access.may(user, "view", order.opportunity),
        "history": history(request.user, order, HISTORY),
        **money_of(user, order),
    }


def money_of(user: User, order: Order) -> dict[str, Any]:
    """The plan of an order, and what came in and was invoiced of a signed one, as far as it is somebody's business."""
    found: dict[str, Any] = {}
    books = books_of(user, order)
    if books is not None:
        found |= plan_of(user, order, books)
    if order.is_effective and books is not None:
        found["account"] = books.account
        found["may_receive"] = books.account.outstanding > 0 and may_bill(user, order)
    if order.is_effective and order.amount is not None and access.has_verb(user, "view", Invoice):
        rows = [one.amount for one in invoices_of(user, order=order) if one.is_in_books]
        found["invoiced"] = sum(rows, Decimal(0))
        found["to_invoice"] = max(Decimal(0), order.signed_amount - found["invoiced"])
        found["may_invoice"] = any(room_of(order).values()) and may_bill(user, order, Invoice)
    return found


def plan_of(user: User, order: Order, books: Books) -> dict[str, Any]:
    """The instalments as their table shows them, with their sums and what one may do with them."""
    today, amount, account = company_today(), order.signed_amount, books.account
    received = sum((row.received for row in books.plan), Decimal(0))
    lines = []
    for row in books.plan:
        now = settled(row, today)
        words, kind = STATE_WORDS[now.status], STATE_KINDS.get(now.status, "")
        share = row.amount / amount if amount else None
        lines.append({"row": row, "now": now, "words": words, "kind": kind, "share": share})
    return {
        "plan": lines,
        "planned": {
            "amount": account.planned,
            "received": received,
            "outstanding": account.planned - received,
            "share": account.planned / amount if amount else None,
            "missing": account.unplanned,
        },
        "may_plan": account.unplanned > 0 and may_bill(user, order, PaymentPlan),
        "may_change_plan": _corrects(user, books.plan, "change"),
        "may_remove": _corrects(user, books.plan, "delete"),
    }


def _corrects(user: User, plan: list[PaymentPlan], action: str) -> bool:
    """Whether somebody may correct a plan: the same for all of its instalments."""
    return bool(plan) and may_correct(user, plan[0], action)


def is_settled(order: Order, name: str) -> bool:
    """Whether only an amendment changes a field of an order."""
    return not (order.is_draft or name in AFTERWARDS or name.startswith(PREFIX))


ORDER_PAGE = RecordPage(
    listing=ORDERS,
    queryset=order_record,
    form=OrderForm,
    update=services.update_order,
    template="sales/order_detail.html",
    parts={name: f"sales/_order_{name}.html" for name in ("identity", "left", "middle", "right")},
    context=order_context,
    transfer=identity.assign,
    delete=services.delete_order,
    restore=services.restore_order,
    bin=ORDER_BIN,
    facts=(
        "name", "kind", "contact", "opportunity", "signed_date", "effective_date", "start_date", "end_date",
        "payment_terms", "delivery_terms", "note", "external_id",
    ),
    always=frozenset({"contact", "signed_date", "end_date", "payment_terms"}),
    settled=is_settled,
)  # fmt: skip
