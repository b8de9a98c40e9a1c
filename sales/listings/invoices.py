"""The list of invoices (发票)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.listing.columns import Badge, Date, Link, Money, Person, Related, Text
from crm.listing.declare import Empty, ListPage, View
from sales.filters.invoices import InvoiceFilters
from sales.models import Invoice, InvoiceStatus, Order, Receipt
from sales.queries.invoices import invoice_list, invoice_total

STATUS_KINDS = {
    InvoiceStatus.APPLIED: "warn",
    InvoiceStatus.ISSUED: "ok",
    InvoiceStatus.DELIVERED: "ok",
    InvoiceStatus.REVERSED: "bad",
    InvoiceStatus.REJECTED: "bad",
}


def _invoices(number: str, exact: int) -> str:
    return ngettext("%(number)s invoice", "%(number)s invoices", exact) % {"number": number}


INVOICES = ListPage(
    model=Invoice,
    queryset=invoice_list,
    title=_("Invoices"),
    icon="file-invoice",
    count_words=_invoices,
    totals=invoice_total,
    filters=InvoiceFilters,
    search=("number", "title", "tax_number", "order__name", "order__number", "order__customer__name"),
    columns=[
        Link("title", label=_("Invoice title"), sub="number"),
        Related("order", label=_("Contract"), card="subtitle"),
        Money("amount", sort=True, currency="order.currency", card="right"),
        Badge("status", kinds=STATUS_KINDS, card="badge"),
        Badge("kind"),
        Date("created_at", label=_("Applied on"), sort=True, card="meta"),
        Date("issued_date", label=_("Issued on"), sort=True),
        Person("order.owner", label=_("Owner"), card="corner"),
        Related("order.customer", label=_("Customer"), shown=False),
        Text("number", label=_("Invoice number"), shown=False),
        Text("tax_number", shown=False),
        Money("net", label=_("Net amount"), currency="order.currency", shown=False),
        Money("tax", label=_("Tax"), currency="order.currency", shown=False),
        Person("applied_by", shown=False),
        Person("issued_by", shown=False),
        Date("delivered_date", shown=False),
        Text("send_to", shown=False),
        Text("content", shown=False),
        Text("reason", label=_("Reason"), shown=False),
        Text("note", shown=False),
        Date("updated_at", label=_("Changed"), shown=False, sort=True),
    ],
    default_sort="-created_at",
    views=[
        View("to-issue", _("To be issued"), {"status": "applied"}, sort="created_at", icon="clock"),
        View("to-deliver", _("To be delivered"), {"status": "issued"}, sort="issued_date", icon="send"),
        View("this-month", _("Issued this month"), {"issued_date": "this_month"}, icon="calendar-due"),
    ],
    empty=Empty(
        title=_("No invoices yet"),
        text=_("Apply for one on the page of a signed contract; finance issues it here."),
        label=_("Contracts and orders"),
        url_name="order_list",
    ),
    in_search=False,
    remote_choices=False,
    links=[
        ("order_list", _("Contracts"), "file-certificate", "view", Order),
        ("payment_list", _("Payments"), "cash"),
        ("receipt_list", _("Receipts"), "receipt", "view", Receipt),
    ],
)
