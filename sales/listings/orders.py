"""The lists of orders and contracts."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from crm.identity import access
from crm.identity.models import User
from crm.listing.bins import bin_of
from crm.listing.bulk import Assign, Delete
from crm.listing.columns import Badge, Date, Html, Link, Money, Number, Person, Related, Text
from crm.listing.declare import Empty, ListPage, View
from crm.listing.palette import Found
from sales import services
from sales.filters.orders import OrderFilters
from sales.models import Invoice, Order, OrderStatus, PaymentPlan, Quote
from sales.queries.orders import order_bin, order_list, order_total, with_signed
from sales.resources.orders import OrderResource

STATUS_KINDS = {
    OrderStatus.IN_APPROVAL: "warn",
    OrderStatus.APPROVED: "teal",
    OrderStatus.EFFECTIVE: "ok",
    OrderStatus.FULFILLING: "ok",
    OrderStatus.COMPLETED: "brand",
    OrderStatus.REJECTED: "bad",
    OrderStatus.TERMINATED: "bad",
    OrderStatus.EXPIRED: "warn",
}
# What holds of an amendment under way until it is signed, as in the sum; a sheet has the record's own amount.
WORTH = Money("signed_amount")


def _orders(number: str, exact: int) -> str:
    return ngettext("%(number)s order or contract", "%(number)s orders and contracts", exact) % {
        "number": number
    }


def _owns_orders(user: User) -> bool:
    return access.has_verb(user, "add", Order)


ORDERS = ListPage(
    model=Order,
    queryset=order_list,
    parts=with_signed,
    title=_("Contracts and orders"),
    icon="file-certificate",
    count_words=_orders,
    totals=order_total,
    filters=OrderFilters,
    columns=[
        Link("name", label=_("Contract"), sort="name_sort", sub="number"),
        Related("customer", card="subtitle"),
        Html("amount", sort="amount", card="right", align="end", render=WORTH.html, parts=True),
        Badge("status", kinds=STATUS_KINDS, card="badge"),
        Date("signed_date", label=_("Signed")),
        Date("end_date", label=_("Ends"), sort=True, card="meta"),
        Person("owner", card="corner"),
        Badge("kind", shown=False),
        Text("number", label=pgettext_lazy("order", "Number"), shown=False),
        Number("revision", shown=False),
        Money("net", label=_("Net amount"), shown=False),
        Money("tax", label=_("Tax"), shown=False),
        Date("effective_date", label=_("Effective from"), shown=False, sort=True),
        Date("start_date", label=_("Begins"), shown=False),
        Related("opportunity", shown=False),
        Related("contact", label=_("Signed for by"), shown=False),
        Text("team", shown=False),
        Text("payment_terms", shown=False),
        Text("close_reason", label=_("Reason"), shown=False),
        Text("external_id", shown=False),
        Date("created_at", label=pgettext_lazy("date", "Created"), shown=False),
        Date("updated_at", label=_("Changed"), shown=False, sort=True),
    ],
    default_sort="-updated_at",
    views=[
        View("mine", pgettext_lazy("orders", "Mine"), {"owner": "me"}, icon="user", offered=_owns_orders),
        View(
            "running",
            pgettext_lazy("orders", "Running"),
            {"status": ["effective", "fulfilling"]},
            icon="player-play",
        ),
        View("ending", _("Ending soon"), {"expiring": "true"}, sort="end_date", icon="hourglass"),
        View(
            "to-sign",
            _("To be signed"),
            {"status": "approved"},
            icon="pencil",
        ),
    ],
    bulk=[
        Assign(Order),
        Delete(services.delete_order, services.restore_order),
    ],
    new="order_create",
    new_label=_("New contract"),
    empty=Empty(
        title=_("No contracts or orders yet"),
        text=_("An accepted quote becomes one with one click; or write one here."),
        label=_("New contract"),
        url_name="order_create",
    ),
    search_note="customer.name",
    resource=OrderResource,
    palette=Found("name", "number"),
    links=[
        ("quote_list", _("Quotes"), "file-invoice", "view", Quote),
        ("payment_list", _("Payments"), "cash", "view", PaymentPlan),
        ("invoice_list", _("Invoices"), "receipt", "view", Invoice),
        ("order_bin_list", _("Bin"), "trash", "delete"),
    ],
)

ORDER_BIN = bin_of(
    ORDERS,
    order_bin,
    Link("name", label=_("Contract"), sort="name_sort", sub="number"),
    Related("customer", card="subtitle"),
    Person("owner", card="meta"),
)
