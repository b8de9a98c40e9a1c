"""Template tags of quotes and orders."""

from decimal import Decimal

from django import template

from crm.core import money

register = template.Library()


@register.filter
def plain_number(value):
    """A quantity without the noughts at its end: ``2``, ``12.5``, ``1,200``."""
    return "" if value is None else f"{Decimal(value).normalize():,f}"


@register.filter
def named_for(line, record):
    """What a line sells: in English where the record is, unless its product has no English name or somebody wrote another."""
    english = getattr(record, "language", "") == "en"
    product = line.product if english and line.product_id else None
    return product.name_en if product and product.name_en and line.name == product.name else line.name


@register.filter
def unit_price(value, currency):
    """A price to the cent, or as fine as it is: ``¥1,200.00``, ``¥0.0125``."""
    if value is None:
        return ""
    exact = Decimal(value).normalize()
    if -exact.as_tuple().exponent <= 2:
        return money.write_full(exact, currency)
    return f"{money.symbol_of(currency)}{exact:,f}"
