"""What is read of products and price books."""

import datetime

from django.db import models
from django.db.models import Count, Q

from crm.core.clock import company_today
from crm.identity import access
from crm.identity.models import User
from sales.models import NumberRule, PriceBook, PriceBookEntry, Product, TaxRate


def product_list() -> models.QuerySet[Product]:
    """Products outside the bin."""
    return Product.objects.all()


def product_bin() -> models.QuerySet[Product]:
    """Products in the bin."""
    return Product.objects.binned()


def product_record() -> models.QuerySet[Product]:
    """Products with what their page shows at once."""
    return product_list().defer("search_text", "search_grams")


def prices_of(product: Product) -> models.QuerySet[PriceBookEntry]:
    """What a product costs by the price books there are."""
    return PriceBookEntry.objects.filter(product=product).select_related("book").order_by("book__name", "pk")


def price_book_list() -> models.QuerySet[PriceBook]:
    """Price books with how many prices they have."""
    return PriceBook.objects.annotate(price_count=Count("entries"))


def books_in_use(user: User) -> models.QuerySet[PriceBook]:
    """The price books prices can be written into."""
    return access.visible(PriceBook, user).filter(is_active=True)


def usable_books(
    user: User, currency: str = "", day: datetime.date | None = None
) -> models.QuerySet[PriceBook]:
    """The price books somebody may sell by today: in use, in their time, of everybody or of their teams."""
    day = day or company_today()
    began = Q(valid_from__isnull=True) | Q(valid_from__lte=day)
    runs = Q(valid_until__isnull=True) | Q(valid_until__gte=day)
    own = Q(teams__isnull=True) | Q(teams=user.team_id) | Q(teams__leader=user.pk)
    rows = PriceBook.objects.filter(began & runs & own, is_active=True).distinct()
    return rows.filter(currency=currency) if currency else rows


def tax_choices(day: datetime.date | None = None) -> list[tuple[str, str]]:
    """The rates of tax that hold on a day, for forms."""
    day = day or company_today()
    began = Q(valid_from__isnull=True) | Q(valid_from__lte=day)
    runs = Q(valid_until__isnull=True) | Q(valid_until__gte=day)
    return [(str(row.rate), row.label) for row in TaxRate.objects.filter(began & runs)]


def tax_rates() -> models.QuerySet[TaxRate]:
    """All rates of tax, also those of the past."""
    return TaxRate.objects.order_by("position", "pk")


def number_rules() -> models.QuerySet[NumberRule]:
    """How the company numbers."""
    return NumberRule.objects.order_by("pk")
