"""News of money: what waits for finance, what became of it, what is due and overdue."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.automation.kinds import kind
from crm.core import formats
from sales.models import InvoiceStatus, ReceiptStatus


def _day(params: Mapping[str, Any]) -> dict[str, Any]:
    """The day as the reader of today writes it."""
    return {**params, "day": formats.day(date.fromisoformat(params["day"]))}


def _receipt_status(params: Mapping[str, Any]) -> dict[str, Any]:
    return {**params, "status": ReceiptStatus(params["status"]).label}


def _invoice_status(params: Mapping[str, Any]) -> dict[str, Any]:
    return {**params, "status": InvoiceStatus(params["status"]).label}


RECEIPT_WAITS = kind(
    "receipt_waits",
    _("Receipts to be confirmed"),
    _("%(number)s of %(customer)s: receipt of %(amount)s to be confirmed"),
    why=_("You confirm receipts."),
    icon="cash",
    digest=True,
    position=43,
)
RECEIPT_DECIDED = kind(
    "receipt_decided",
    _("Receipts of my contracts"),
    _("%(number)s of %(customer)s: receipt of %(amount)s %(status)s"),
    prepare=_receipt_status,
    why=_("You own this contract."),
    icon="receipt",
    digest=True,
    position=44,
)
INVOICE_WAITS = kind(
    "invoice_waits",
    _("Invoices applied for"),
    _("%(number)s of %(customer)s: invoice of %(amount)s applied for"),
    why=_("You issue invoices."),
    icon="file-invoice",
    digest=True,
    position=45,
)
INVOICE_DECIDED = kind(
    "invoice_decided",
    _("Invoices I asked for"),
    _("%(number)s of %(customer)s: invoice of %(amount)s %(status)s"),
    prepare=_invoice_status,
    why=_("You own this contract, or applied for the invoice."),
    icon="file-invoice",
    digest=True,
    position=46,
)
PAYMENT_DUE = kind(
    "payment_due",
    _("Payments that come due"),
    _("%(number)s with %(customer)s: %(amount)s due on %(day)s"),
    prepare=_day,
    why=_("You own this contract."),
    icon="calendar-due",
    digest=True,
    position=47,
)
PAYMENT_OVERDUE = kind(
    "payment_overdue",
    _("Overdue payments"),
    _("%(number)s with %(customer)s: %(amount)s was due on %(day)s"),
    prepare=_day,
    why=_("You own this contract, lead its owner's team, or watch over payments."),
    icon="alert-circle",
    email=True,
    digest=True,
    position=48,
)
