"""The lists of quotes."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from crm.identity import access
from crm.identity.models import User
from crm.listing.bins import bin_of
from crm.listing.bulk import Assign, Delete
from crm.listing.columns import Badge, Date, Html, Link, Look, Money, Number, Person, Related, Text
from crm.listing.declare import Empty, ListPage, View
from crm.listing.palette import Found
from sales import services
from sales.filters.quotes import QuoteFilters
from sales.listings.products import percent
from sales.models import Order, Quote, QuoteStatus
from sales.queries.quotes import quote_bin, quote_list, quote_total

STATUS_KINDS = {
    QuoteStatus.IN_APPROVAL: "warn",
    QuoteStatus.APPROVED: "teal",
    QuoteStatus.SENT: "brand",
    QuoteStatus.ACCEPTED: "ok",
    QuoteStatus.DECLINED: "bad",
    QuoteStatus.EXPIRED: "warn",
}


def _quotes(number: str, exact: int) -> str:
    return ngettext("%(number)s quote", "%(number)s quotes", exact) % {"number": number}


def _discount(quote: Quote, look: Look) -> str:
    return percent(quote.discount) if quote.discount else "–"


def _owns_quotes(user: User) -> bool:
    return access.has_verb(user, "add", Quote)


QUOTES = ListPage(
    model=Quote,
    queryset=quote_list,
    title=_("Quotes"),
    icon="file-invoice",
    count_words=_quotes,
    totals=quote_total,
    filters=QuoteFilters,
    columns=[
        Link("label", label=_("Quote"), sort="number", sub="name"),
        Related("customer", card="subtitle"),
        Money("amount", sort="amount", card="right"),
        Badge("status", kinds=STATUS_KINDS, card="badge"),
        Date("valid_until", sort=True, card="meta"),
        Date("viewed_at", label=_("First viewed")),
        Person("owner", card="corner"),
        Html(
            "discount",
            label=_("Discount"),
            render=_discount,
            value=lambda one: one.discount,
            align="end",
            shown=False,
        ),
        Text("name", label=_("Subject"), shown=False),
        Related("opportunity", shown=False),
        Related("contact", shown=False),
        Money("net", label=_("Net amount"), shown=False),
        Money("tax", label=_("Tax"), shown=False),
        Number("views", label=_("Views"), shown=False),
        Date("sent_at", label=_("Sent"), shown=False, sort=True),
        Text("team", shown=False),
        Date("created_at", label=pgettext_lazy("date", "Created"), shown=False),
        Date("updated_at", label=_("Changed"), shown=False, sort=True),
    ],
    default_sort="-updated_at",
    views=[
        View(
            "mine",
            pgettext_lazy("quotes", "Mine"),
            {"owner": "me", "newest": "true"},
            icon="user",
            offered=_owns_quotes,
        ),
        View(
            "waiting",
            _("With the customer"),
            {"status": "sent"},
            sort="valid_until",
            icon="clock",
        ),
        View(
            "running-out",
            _("Running out"),
            {"status": "sent", "valid_until": "next_7"},
            sort="valid_until",
            icon="hourglass",
        ),
        View("accepted", pgettext_lazy("quote", "Accepted"), {"status": "accepted"}, icon="circle-check"),
    ],
    bulk=[
        Assign(Quote),
        Delete(services.delete_quote, services.restore_quote),
    ],
    new="quote_create",
    new_label=_("New quote"),
    empty=Empty(
        title=_("No quotes yet"),
        text=_("Make one here, or on the page of a customer or an opportunity."),
        label=_("New quote"),
        url_name="quote_create",
    ),
    search_note="customer.name",
    palette=Found("number", "customer__name"),
    links=[
        ("order_list", _("Contracts"), "file-certificate", "view", Order),
        ("product_list", _("Products"), "box"),
        ("quote_bin_list", _("Bin"), "trash", "delete"),
    ],
)

QUOTE_BIN = bin_of(
    QUOTES,
    quote_bin,
    Link("label", label=_("Quote"), sort="number", sub="name"),
    Related("customer", card="subtitle"),
    Person("owner", card="meta"),
)
