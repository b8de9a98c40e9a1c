"""What every change to the money of an order shares: its row locked, its state checked, its amounts and days read."""

import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from crm.core.clock import company_today
from crm.core.money import q2, write_full
from crm.core.writes import RuleBroken
from sales.models import Order, OrderStatus
from sales.services.lines import MOST_AMOUNT
from sales.services.orders import about


def row_of(order: Order, row: Any) -> Any:
    """A row of a locked order's money as it is now; nobody else writes it meanwhile."""
    found = type(row)._base_manager.select_for_update().filter(pk=row.pk).first()
    if found is None:
        raise RuleBroken(_("Somebody has removed it meanwhile."), code="gone")
    found.order = order
    return found


def check_alive(order: Order) -> None:
    """Refuse what concerns an order that never counted; one whose amendment was refused is still owed."""
    refused = order.status == OrderStatus.REJECTED and order.effective_date is None
    if order.deleted_at is not None or order.status == OrderStatus.VOIDED or refused:
        raise RuleBroken(
            _("%(number)s is %(status)s: nothing is paid for it.")
            % {"number": order.number, "status": order.get_status_display()},
            code="state",
        )


def check_sold(order: Order) -> None:
    """Refuse what concerns an order that is not signed yet."""
    check_alive(order)
    if not order.is_effective:
        raise RuleBroken(
            _("%(number)s is not signed yet: receipts and invoices follow that.") % {"number": order.number},
            code="state",
        )


def amount_of(amount: Decimal, *, signed: bool = False) -> Decimal:
    """An amount to the cent, above nothing unless it may be negative."""
    if not amount.is_finite() or abs(amount) >= MOST_AMOUNT:
        raise RuleBroken(_("This amount is too large."), field="amount")
    amount = q2(amount)
    if not amount or (amount < 0 and not signed):
        raise RuleBroken(_("Enter an amount."), field="amount")
    return amount


def day_of(day: datetime.date, field: str = "received_date") -> datetime.date:
    """A day that has come."""
    if day > company_today():
        raise RuleBroken(_("This day lies in the future."), field=field)
    return day


def said_of(order: Order, amount: Decimal) -> dict[str, str]:
    """What the events of an order's money say: its number and the amount."""
    return {"number": order.number, "amount": write_full(amount, order.currency)}


def about_money(order: Order) -> list[models.Model]:
    """On whose timelines it stands: the order's, its customer's, its deal's."""
    return [order, *about(order)]
