"""The lists of products and price books."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from crm.core import formats
from crm.identity.models import User
from crm.listing.bins import bin_of
from crm.listing.bulk import Delete
from crm.listing.columns import Column, Date, Flag, Html, Link, Look, Money, Number, Text
from crm.listing.declare import Empty, ListPage, View
from crm.listing.palette import Found
from sales import services
from sales.filters.products import PriceBookFilters, ProductFilters
from sales.models import PriceBook, Product
from sales.queries.products import books_in_use, price_book_list, product_bin, product_list
from sales.resources.products import ProductResource, price_label
from sales.services.sheet_imports import price_column


def percent(value: Any) -> str:
    """A share as people write it: 13%."""
    return formats.percent(value, 2)


def _products(number: str, exact: int) -> str:
    return ngettext("%(number)s product", "%(number)s products", exact) % {"number": number}


def _books(number: str, exact: int) -> str:
    return ngettext("%(number)s price book", "%(number)s price books", exact) % {"number": number}


def _rate(product: Product, look: Look) -> str:
    return percent(product.tax_rate)


def _price_in(book: PriceBook) -> Callable[[Product], Decimal | None]:
    return lambda product: next((one.price for one in product.prices.all() if one.book_id == book.pk), None)


def price_columns(user: User) -> list[Column]:
    """What products cost by each price book in use, headed as a sheet has it that sets those prices."""
    return [
        Number(
            price_column(book.pk),
            label=price_label(book.name, book.currency),
            value=_price_in(book),
            prefetch=("prices",),
            shown=False,
        )
        for book in books_in_use(user)
    ]


PRODUCTS = ListPage(
    model=Product,
    queryset=product_list,
    title=_("Products"),
    icon="box",
    count_words=_products,
    filters=ProductFilters,
    columns=[
        Link("name", label=_("Product"), sort="name_sort", sub="code"),
        Text("category", label=_("Category"), card="meta"),
        Money("list_price", label=_("List price"), card="right"),
        Text("unit"),
        Html("tax_rate", label=_("Tax rate"), render=_rate, value=lambda one: one.tax_rate, align="end"),
        Flag("is_active", label=_("On sale"), card="badge"),
        Text("code", shown=False, sort=True),
        Text("name_en", shown=False),
        Text("currency", shown=False),
        Money("cost", shown=False),
        Text("description", shown=False),
        Date("created_at", label=pgettext_lazy("date", "Created"), shown=False),
        Date("updated_at", label=_("Changed"), shown=False, sort=True),
    ],
    default_sort="name",
    views=[View("on-sale", _("On sale"), {"is_active": "true"}, icon="box")],
    bulk=[Delete(services.delete_product, services.restore_product)],
    new="product_create",
    new_label=_("New product"),
    empty=Empty(
        title=_("No products yet"),
        text=_("Products bring their price, unit and tax rate into quotes."),
        label=_("New product"),
        url_name="product_create",
    ),
    resource=ProductResource,
    more_columns=price_columns,
    palette=Found("name", "code"),
    links=[
        ("pricebook_list", _("Price books"), "tags", "view", PriceBook),
        ("product_bin_list", _("Bin"), "trash", "delete"),
    ],
)

PRODUCT_BIN = bin_of(PRODUCTS, product_bin, Link("name", label=_("Product"), sort="name_sort", sub="code"))

PRICE_BOOKS = ListPage(
    model=PriceBook,
    queryset=price_book_list,
    title=_("Price books"),
    icon="tags",
    count_words=_books,
    filters=PriceBookFilters,
    search=("name",),
    in_search=False,
    columns=[
        Link("name", label=_("Price book"), sort="name"),
        Text("currency", card="badge"),
        Number("price_count", label=_("Prices"), card="right"),
        Date("valid_from", card="meta", worded=True),
        Date("valid_until", card="meta", worded=True),
        Flag("tax_included", label=_("With tax")),
        Flag("is_active", label=_("In use")),
        Flag("is_default", label=_("Default"), shown=False),
    ],
    default_sort="name",
    new="pricebook_create",
    new_label=_("New price book"),
    empty=Empty(
        title=_("No price books yet"),
        text=_("Without one, quotes take the list prices of the products."),
        label=_("New price book"),
        url_name="pricebook_create",
    ),
    links=[("product_list", _("Products"), "box")],
    exportable=False,
    remote_choices=False,
)
