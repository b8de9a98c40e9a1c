"""The lists of instalments (回款计划) and receipts (回款记录)."""

import json

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from crm.core.clock import company_today
from crm.core.templatetags.ui import badge
from crm.identity import access
from crm.identity.models import User
from crm.listing.bulk import Bulk
from crm.listing.columns import Badge, Date, Html, Link, Look, Money, Person, Related, Text
from crm.listing.declare import Empty, ListPage, View
from sales import services
from sales.filters.payments import STATES, PaymentFilters, ReceiptFilters
from sales.models import Invoice, Order, PaymentPlan, Receipt, ReceiptStatus
from sales.queries.payments import open_total, payment_list, receipt_list, receipt_total, settled
from sales.resources.payments import PaymentPlanResource, ReceiptResource
from sales.rules import payments

STATE_WORDS = dict(STATES)
STATE_KINDS = {payments.PAID: "ok", payments.PARTIAL: "warn"}
RECEIPT_KINDS = {ReceiptStatus.DRAFT: "warn", ReceiptStatus.CONFIRMED: "ok"}


def _payments(number: str, exact: int) -> str:
    return ngettext("%(number)s instalment", "%(number)s instalments", exact) % {"number": number}


def _receipts(number: str, exact: int) -> str:
    return ngettext("%(number)s receipt", "%(number)s receipts", exact) % {"number": number}


def _owns_orders(user: User) -> bool:
    return access.has_verb(user, "add", Order)


def _state_words(row: PaymentPlan) -> str:
    return str(STATE_WORDS[settled(row, company_today()).status])


def _state(row: PaymentPlan, look: Look) -> SafeString:
    """Paid or not; overdue ones with their days, in red."""
    now = settled(row, company_today())
    if not now.days_overdue:
        return badge(STATE_WORDS[now.status], STATE_KINDS.get(now.status, ""))
    late = ngettext("%(days)d day overdue", "%(days)d days overdue", now.days_overdue)
    return badge(late % {"days": now.days_overdue}, "bad")


def _contract(row: PaymentPlan | Receipt) -> str:
    return row.order.name


def _confirm(row: Receipt, look: Look) -> SafeString | str:
    """What finance does with a receipt that waits: a click, and it counts."""
    if not row.is_draft or not access.has_verb(look.user, "confirm", Receipt):
        return ""
    url = reverse("receipt_confirm", args=[row.pk])
    return format_html(
        '<button class="btn btn-mini" type="button" hx-post="{}" hx-vals="{}" hx-swap="none">{}</button>',
        url,
        json.dumps({"version": row.version}),
        gettext("Confirm"),
    )


PAYMENTS = ListPage(
    name="payment",
    model=PaymentPlan,
    queryset=payment_list,
    title=_("Payments"),
    icon="cash",
    count_words=_payments,
    totals=open_total,
    filters=PaymentFilters,
    search=("order__name", "order__number", "order__customer__name"),
    columns=[
        Link("order.name", label=_("Contract"), value=_contract, sub="order.number"),
        Related("order.customer", label=_("Customer"), card="subtitle"),
        Date("due_date", label=_("Due on"), sort=True, card="right"),
        Money("amount", sort=True, currency="order.currency", card="meta"),
        Money("received", label=_("Received"), currency="order.currency"),
        Html("state", label=_("Status"), render=_state, value=_state_words, card="badge"),
        Text("note", label=_("For what")),
        Person("order.owner", label=_("Owner"), card="corner"),
        Date("updated_at", label=_("Changed"), shown=False, sort=True),
    ],
    default_sort="-due_date",
    views=[
        View("overdue", _("Overdue"), {"overdue": "true"}, sort="due_date", icon="alert-circle"),
        View(
            "this-week",
            _("Due this week"),
            {"due_date": "this_week", "owed": "true"},
            sort="due_date",
            icon="calendar-due",
        ),
        View(
            "mine",
            pgettext_lazy("payments", "Mine"),
            {"owner": "me", "owed": "true"},
            icon="user",
            offered=_owns_orders,
        ),
        View("old", _("Overdue for over 90 days"), {"age": ">90"}, sort="due_date", icon="hourglass"),
        View(
            "paid", pgettext_lazy("payment", "Paid"), {"state": "paid"}, sort="-due_date", icon="circle-check"
        ),
    ],
    empty=Empty(
        title=_("No payments planned yet"),
        text=_("Open a contract and plan when it is paid; what is due and overdue then stands here."),
        label=_("Contracts and orders"),
        url_name="order_list",
    ),
    in_search=False,
    remote_choices=False,
    resource=PaymentPlanResource,
    links=[
        ("order_list", _("Contracts"), "file-certificate", "view", Order),
        ("receipt_list", _("Receipts"), "receipt"),
        ("invoice_list", _("Invoices"), "file-invoice", "view", Invoice),
    ],
)

RECEIPTS = ListPage(
    model=Receipt,
    queryset=receipt_list,
    title=_("Receipts"),
    icon="receipt",
    count_words=_receipts,
    totals=receipt_total,
    filters=ReceiptFilters,
    search=("order__name", "order__number", "order__customer__name", "reference"),
    columns=[
        Link("order.name", label=_("Contract"), value=_contract, sub="order.number"),
        Related("order.customer", label=_("Customer"), card="subtitle"),
        Money("amount", sort=True, currency="order.currency", card="right"),
        Date("received_date", label=_("Received on"), sort=True, card="meta"),
        Badge("status", kinds=RECEIPT_KINDS, card="badge"),
        Badge("method"),
        Text("reference", label=_("Bank reference")),
        Html("confirm", label=_("Confirm"), render=_confirm, value=lambda row: "", export=False),
        Person("order.owner", label=_("Owner"), card="corner"),
        Person("confirmed_by", shown=False),
        Date("confirmed_at", shown=False),
        Text("note", shown=False),
        Text("void_reason", label=_("Reason"), shown=False),
        Text("external_id", shown=False),
    ],
    default_sort="-received_date",
    views=[
        View("to-confirm", _("To be confirmed"), {"status": "draft"}, sort="received_date", icon="clock"),
        View(
            "this-month",
            _("This month"),
            {"received_date": "this_month", "status": "confirmed"},
            icon="calendar-due",
        ),
    ],
    bulk=[
        Bulk(
            "confirm",
            None,
            services.confirm_receipt,
            label=_("Confirm"),
            verb="confirm",
            icon="circle-check",
        )
    ],
    empty=Empty(
        title=_("No receipts yet"),
        text=_("Record what came in on the contract's page; finance confirms it here."),
        label=_("Contracts and orders"),
        url_name="order_list",
    ),
    in_search=False,
    remote_choices=False,
    resource=ReceiptResource,
    links=[
        ("order_list", _("Contracts"), "file-certificate", "view", Order),
        ("payment_list", _("Payments"), "cash"),
        ("invoice_list", _("Invoices"), "file-invoice", "view", Invoice),
    ],
)
