"""What is done to products and price books, and the products a deal is about."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.events.actor import actor_of
from crm.identity import access
from crm.listing.answers import by_form
from crm.listing.once import once
from sales import services
from sales.forms.products import PriceBookForm, PriceForm, ProductForm
from sales.models import PriceBook, Product
from sales.pages.opportunities import OPPORTUNITY_PAGE
from sales.pages.products import PRICE_BOOK_PAGE
from sales.views.line_editor import LineEditor

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
    return by_form(
        request,
        form,
        lambda: services.create_product(actor=actor_of(request), **form.values()),
        lambda made: _("%(name)s is saved.") % {"name": made},
        heading=_("New product"),
        back=reverse("product_list"),
        go=lambda made: made.get_absolute_url(),
    )


@login_required
@require_http_methods(["GET", "POST"])
@once
def pricebook_create(request: HttpRequest) -> HttpResponse:
    """A new price book; its prices follow on its page."""
    access.require_verb(request.user, "add", PriceBook)
    form = PriceBookForm(request.POST or None, user=request.user)
    return by_form(
        request,
        form,
        lambda: services.save_price_book(None, actor=actor_of(request), **form.values()),
        lambda made: _("%(name)s is saved.") % {"name": made},
        heading=_("New price book"),
        back=reverse("pricebook_list"),
        go=lambda made: made.get_absolute_url(),
    )


@login_required
@require_http_methods(["GET", "POST"])
def pricebook_price(request: HttpRequest, pk: int) -> HttpResponse:
    """Set what one product costs by a price book, or take its price away."""
    book = PRICE_BOOK_PAGE.record(request, pk, "change")
    product = request.GET.get("product", "")
    entry = (
        book.entries.filter(product=product).first() if product.isdecimal() and len(product) < 18 else None
    )
    initial = {
        "product": entry.product_id if entry else product,
        "price": entry.price.normalize() if entry else None,
    }
    form = PriceForm(request.POST or None, user=request.user, initial=initial)

    def save() -> None:
        price = {form.cleaned_data["product"]: form.cleaned_data["price"]}
        services.set_prices(book, price, actor=actor_of(request))

    return by_form(
        request,
        form,
        save,
        _("Saved"),
        heading=_("Price in %(name)s") % {"name": book},
        back=book.get_absolute_url(),
        submit=_("Save"),
        note=_("Without a price the product has none in this book."),
    )
