"""Lines of quotes, orders and opportunities: read, priced, reckoned and written, the same for all of them."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from crm.core.money import BASE_CURRENCY
from crm.core.text import tidy
from crm.core.writes import RuleBroken
from crm.records.models import ExchangeRate
from sales.models import OpportunityLine, OrderLine, PriceBook, PriceBookEntry, Product, QuoteLine, TaxRate
from sales.models.lines import Totals
from sales.rules import quoting

MOST_LINES = 200
MOST_AMOUNT = Decimal(10) ** 14
MOST_QUANTITY = Decimal(10) ** 9
MOST_PRICE = Decimal(10) ** 13
AMOUNTS = ("listed", "amount", "net", "tax")
TOTALS = (*AMOUNTS, "discount")
COPIED = ("product", "name", "description", "unit", "quantity", "price", "discount", "tax_rate")


@dataclass(frozen=True)
class Draft:
    """A line as somebody wrote it; price and tax rate left out come from the price book and the product."""

    product: Product | None = None
    name: str = ""
    description: str = ""
    unit: str = ""
    quantity: Decimal = Decimal(1)
    price: Decimal | None = None
    discount: Decimal = Decimal(0)
    tax_rate: Decimal | None = None

    @classmethod
    def of(cls, line: Any) -> "Draft":
        """The draft that makes the same line again."""
        return cls(**{name: getattr(line, name) for name in COPIED})


@dataclass(frozen=True)
class Reckoned:
    """Lines with their amounts, and what they come to."""

    lines: tuple[dict[str, Any], ...]
    totals: quoting.Totals

    @property
    def columns(self) -> dict[str, Decimal]:
        """The sums as a record keeps them."""
        sums = self.totals
        return {
            "listed": sums.listed,
            "amount": sums.gross,
            "net": sums.net,
            "tax": sums.tax,
            "discount": min(max(sums.discount, Decimal(0)), Decimal(1)).quantize(Decimal("0.0001")),
        }


def reckon(
    drafts: Iterable[Draft],
    *,
    currency: str,
    tax_included: bool,
    day: datetime.date,
    book: PriceBook | None = None,
    rates: set[Decimal] | None = None,
) -> Reckoned:
    """Check and price lines and add them up; the first thing wrong is said with the number of its line.

    `rates` are those that hold on the day, for writers of many who have read them already.
    """
    drafts = list(drafts)
    if len(drafts) > MOST_LINES:
        raise RuleBroken(_("At most %(count)d lines.") % {"count": MOST_LINES}, field="lines")
    prices = book_prices(book, [d.product for d in drafts if d.product]) if book else {}
    if rates is None:
        rates = set(tax_rates_on(day).values_list("rate", flat=True))
    found, sums = [], []
    for number, draft in enumerate(drafts, 1):
        values = _line(draft, number, currency, prices, rates)
        amounts = quoting.line(
            values["quantity"],
            values["price"],
            rate=values["tax_rate"],
            discount=values["discount"],
            tax_included=tax_included,
        )
        if amounts.listed >= MOST_AMOUNT:
            raise _wrong(number, _("this amount is too large"))
        sums.append(amounts)
        found.append(
            values
            | {
                "position": number,
                "listed": amounts.listed,
                "amount": amounts.gross,
                "net": amounts.net,
                "tax": amounts.tax,
            }
        )
    totals = quoting.totals(sums)
    if totals.listed >= MOST_AMOUNT:
        raise RuleBroken(_("This amount is too large."), field="lines")
    return Reckoned(tuple(found), totals)


def _line(
    draft: Draft, number: int, currency: str, prices: dict[int, Decimal], rates: set[Decimal]
) -> dict[str, Any]:
    product = draft.product
    if product is not None and product.deleted_at is not None:
        raise _wrong(number, _("this product lies in the bin"))
    name = tidy(draft.name) or (product.name if product else "")
    if not name:
        raise _wrong(number, _("choose a product or write what it is"))
    if len(name) > 200 or len(tidy(draft.description)) > 500 or len(tidy(draft.unit)) > 20:
        raise _wrong(number, _("this text is too long"))
    quantity = _number(draft.quantity, number, 3, MOST_QUANTITY, _("enter a quantity above nothing"))
    if not quantity:
        raise _wrong(number, _("enter a quantity above nothing"))
    price = draft.price if draft.price is not None else _price(product, currency, prices, number)
    discount = _number(draft.discount, number, 4, Decimal(1), _("a discount lies between 0 and 100 %"))
    rate = draft.tax_rate if draft.tax_rate is not None else (product.tax_rate if product else None)
    if rate is None:
        rate = default_tax_rate()
    rate = Decimal(rate)
    if rate not in rates:
        raise _wrong(number, _("this tax rate does not hold on that day"))
    return {
        "product": product,
        "name": name,
        "description": tidy(draft.description),
        "unit": tidy(draft.unit) or (product.unit if product else ""),
        "quantity": quantity,
        "price": _number(price, number, 4, MOST_PRICE, _("enter a price from nothing up")),
        "discount": discount,
        "tax_rate": rate,
    }


def _number(value: Any, line: int, places: int, most: Decimal, words: str) -> Decimal:
    """A number that is finite, not negative and not too large, with at most so many decimals."""
    try:
        found = Decimal(value)
        if not found.is_finite() or not 0 <= found <= most:
            raise _wrong(line, words)
        exact = found.quantize(Decimal(1).scaleb(-places))
    except (InvalidOperation, TypeError, ValueError) as error:
        raise _wrong(line, words) from error
    if exact != found:
        raise _wrong(line, _("at most %(count)d decimals") % {"count": places})
    return exact


def _price(product: Product | None, currency: str, prices: dict[int, Decimal], number: int) -> Decimal:
    """What a product costs by the price book, else what it is listed at in the same currency."""
    if product is None:
        raise _wrong(number, _("enter a price from nothing up"))
    if product.pk in prices:
        return prices[product.pk]
    if product.currency != currency:
        raise _wrong(number, _("this product has no price in %(currency)s") % {"currency": currency})
    return product.list_price


def _wrong(number: int, words: str) -> RuleBroken:
    return RuleBroken(
        _("Line %(number)d: %(reason)s.") % {"number": number, "reason": words}, field="lines", code="line"
    )


def book_prices(book: PriceBook, products: Iterable[Product]) -> dict[int, Decimal]:
    """What the products cost by a price book."""
    rows = PriceBookEntry.objects.filter(book=book, product__in=[one.pk for one in products])
    return dict(rows.values_list("product_id", "price"))


def tax_rates_on(day: datetime.date) -> models.QuerySet[TaxRate]:
    """The rates of tax that hold on a day."""
    began = models.Q(valid_from__isnull=True) | models.Q(valid_from__lte=day)
    runs = models.Q(valid_until__isnull=True) | models.Q(valid_until__gte=day)
    return TaxRate.objects.filter(began & runs)


def default_tax_rate() -> Decimal:
    """The rate of what has no product, 13 % where the company says nothing else."""
    row = TaxRate.objects.order_by("-is_default", "position", "pk").values_list("rate", flat=True).first()
    return row if row is not None else Decimal("0.13")


def check_currency(currency: str) -> None:
    """Refuse a currency nobody knows the worth of."""
    if currency != BASE_CURRENCY and not ExchangeRate.objects.filter(currency=currency).exists():
        raise RuleBroken(_("There is no exchange rate for this currency."), field="currency")


def check_book(book: PriceBook | None, currency: str) -> None:
    """Refuse a price book in another currency: amounts of two currencies never meet in one total."""
    if book is not None and book.currency != currency:
        raise RuleBroken(
            _("This price book is in %(book)s, not in %(currency)s.")
            % {"book": book.currency, "currency": currency},
            field="price_book",
        )


def write_lines(record: models.Model, reckoned: Reckoned) -> None:
    """Put the lines into the place of those that were there."""
    model, field = PARENTS[record._meta.model_name or ""]
    model._base_manager.filter(**{field: record}).delete()
    model._base_manager.bulk_create([model(**{field: record}, **values) for values in reckoned.lines])


PARENTS: dict[str, tuple[type[Any], str]] = {
    "quote": (QuoteLine, "quote"),
    "order": (OrderLine, "order"),
    "opportunity": (OpportunityLine, "opportunity"),
}


def put_totals(record: Totals, reckoned: Reckoned) -> tuple[str, ...]:
    """Set the sums in the record's row; returns the fields to save."""
    for name, value in reckoned.columns.items():
        setattr(record, name, value)
    return TOTALS


def drafts_of(lines: Sequence[Any]) -> list[Draft]:
    """The lines of one record as drafts for another."""
    return [Draft.of(line) for line in lines]
