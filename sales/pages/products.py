"""The pages of a product and a price book."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.core.formats import percent
from crm.identity import access
from crm.listing.record import RecordPage
from sales import services
from sales.forms.products import PriceBookForm, ProductForm
from sales.listings.products import PRICE_BOOKS, PRODUCT_BIN, PRODUCTS
from sales.models import PriceBook, Product
from sales.queries.products import price_book_list, prices_of, product_record


def product_context(request: HttpRequest, product: Product, may: dict[str, bool]) -> dict[str, Any]:
    """Beside the facts: what it costs by which price book."""
    seen = access.has_verb(request.user, "view", PriceBook)
    return {
        "prices": list(prices_of(product)) if seen else [],
        "rate": percent(product.tax_rate, 2),
    }


PRODUCT_PAGE = RecordPage(
    listing=PRODUCTS,
    queryset=product_record,
    form=ProductForm,
    update=services.update_product,
    template="sales/product_detail.html",
    parts={name: f"sales/_product_{name}.html" for name in ("identity", "left", "middle", "right")},
    context=product_context,
    delete=services.delete_product,
    restore=services.restore_product,
    bin=PRODUCT_BIN,
    facts=("code", "category", "unit", "list_price", "currency", "cost", "name_en", "description"),
    always=frozenset({"code", "category", "list_price"}),
)


def book_context(request: HttpRequest, book: PriceBook, may: dict[str, bool]) -> dict[str, Any]:
    """Beside the facts: the prices."""
    return {
        "entries": list(book.entries.select_related("product")),
        "teams": list(book.teams.all()),
    }


def update_book(book: PriceBook, **values: Any) -> PriceBook:
    """Change a price book from its page."""
    return services.save_price_book(book, **values)


PRICE_BOOK_PAGE = RecordPage(
    listing=PRICE_BOOKS,
    queryset=price_book_list,
    form=PriceBookForm,
    update=update_book,
    template="sales/pricebook_detail.html",
    parts={name: f"sales/_pricebook_{name}.html" for name in ("identity", "left", "middle", "right")},
    context=book_context,
    delete=services.delete_price_book,
    before_delete=_(
        "Quotes made by it keep their prices. This cannot be undone; a book that is not in use can also just be switched off."
    ),
    facts=("currency", "tax_included", "valid_from", "valid_until", "is_active", "is_default"),
    always=frozenset({"valid_from", "valid_until"}),
)
