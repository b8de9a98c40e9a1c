"""What the lists of products and price books can be narrowed by."""

from django.utils.translation import gettext_lazy as _

from crm.listing.filters import Between, Filters, Flag, Words
from sales.models import PriceBook, Product


class ProductFilters(Filters):
    """The filters of products, in the order they are offered."""

    category = Words(label=_("Product category"))
    is_active = Flag(label=_("On sale"))
    list_price = Between(label=_("List price"))

    class Meta:
        model = Product
        fields: list[str] = []


class PriceBookFilters(Filters):
    """The filters of price books."""

    is_active = Flag(label=_("In use"))

    class Meta:
        model = PriceBook
        fields: list[str] = []
