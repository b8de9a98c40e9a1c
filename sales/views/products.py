"""What is done to products and price books, and the products a deal is about."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import attempt, done, show_form
from crm.listing.once import once
from sales import services
from sales.forms.products import PriceBookForm, PriceForm, ProductForm
from sales.models import PriceBook, Product
from sales.pages.opportunities import OPPORTUNITY_PAGE
from sales.pages.products import PRICE_BOOK_PAGE, PRODUCT_PAGE
from sales.queries.products import product_bin
from sales.views.line_editor import LineEditor
from sales.views.quotes import restore
from sales.views.verbs import by_form

opportunity_lines = login_required(
    require_http_methods(["GET", "POST"])(
        LineEditor(
            page=OPPORTUNITY_PAGE,
            save=services.set_opportunity_lines,
            is_open=lambda record: record.is_open,
            tax_included=lambda record: True,
        )
    )
)


@login_required
@require_http_methods(["GET", "POST"])
@once
def product_create(request: HttpRequest) -> HttpResponse:
    """A new product."""
    access.require_verb(request.user, "add", Product)
    form = ProductForm(request.POST or None, user=request.user)
    return _create(
        request,
        form,
        _("New product"),
        reverse("product_list"),
        lambda: services.create_product(actor=actor_of(request), **form.values()),
    )


@login_required
@require_http_methods(["GET", "POST"])
@once
def pricebook_create(request: HttpRequest) -> HttpResponse:
    """A new price book; its prices follow on its page."""
    access.require_verb(request.user, "add", PriceBook)
    form = PriceBookForm(request.POST or None, user=request.user)
    return _create(
        request,
        form,
        _("New price book"),
        reverse("pricebook_list"),
        lambda: services.save_price_book(None, actor=actor_of(request), **form.values()),
    )


def _create(request: HttpRequest, form: Any, heading: str, back: str, call: Any) -> HttpResponse:
    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(request, form, heading=heading, back=back, status=status, **context)

    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    made, answer = attempt(form, call, show)
    if answer is not None:
        return answer
    return done(request, made.get_absolute_url(), _("%(name)s is saved.") % {"name": made}, go=True)


@login_required
@require_http_methods(["GET", "POST"])
def product_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a product to the bin."""
    return by_form(
        request,
        PRODUCT_PAGE,
        pk,
        None,
        lambda product, values: services.delete_product(product, actor=actor_of(request)),
        lambda product: _("%(name)s lies in the bin for 30 days.") % {"name": product},
        heading=lambda product: _("Delete %(name)s?") % {"name": product},
        submit=_("Delete"),
        verb="delete",
        danger=True,
        body="sales/_to_bin.html",
        go=lambda product: reverse("product_list"),
    )


@login_required
@require_http_methods(["GET", "POST"])
def product_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a product out of the bin."""
    product = get_object_or_404(access.narrow(product_bin(), request.user, "delete"), pk=pk)
    return restore(request, product, services.restore_product, reverse("product_bin_list"))


@login_required
@require_http_methods(["GET", "POST"])
def pricebook_price(request: HttpRequest, pk: int) -> HttpResponse:
    """Set what one product costs by a price book, or take its price away."""
    book = PRICE_BOOK_PAGE.record(request, pk, "change")
    product = request.GET.get("product", "")
    entry = (
        book.entries.filter(product=product).first() if product.isdecimal() and len(product) < 18 else None
    )

    def save(record: PriceBook, values: dict[str, Any]) -> PriceBook:
        services.set_prices(record, {values["product"]: values["price"]}, actor=actor_of(request))
        return record

    return by_form(
        request,
        PRICE_BOOK_PAGE,
        pk,
        PriceForm,
        save,
        lambda record: _("Saved"),
        heading=lambda record: _("Price in %(name)s") % {"name": record},
        submit=_("Save"),
        note=_("Without a price the product has none in this book."),
        initial=lambda record: {
            "product": entry.product_id if entry else product,
            "price": entry.price.normalize() if entry else None,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def pricebook_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Do away with a price book."""

    def remove(book: PriceBook, values: dict[str, Any]) -> PriceBook:
        services.delete_price_book(book, actor=actor_of(request))
        return book

    return by_form(
        request,
        PRICE_BOOK_PAGE,
        pk,
        None,
        remove,
        lambda book: _("%(name)s is deleted.") % {"name": book},
        heading=lambda book: _("Delete %(name)s?") % {"name": book},
        submit=_("Delete"),
        verb="delete",
        danger=True,
        note=_(
            "Quotes made by it keep their prices. This cannot be undone; a book that is not in use can also just be switched off."
        ),
        body="sales/_note.html",
        go=lambda book: reverse("pricebook_list"),
    )
