"""Amounts of money: exact arithmetic with two decimals, and how they are written.

Stored as numeric(18,2) with an ISO currency; half a cent rounds away from zero, as on Chinese invoices.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

CENT = Decimal("0.01")
BASE_CURRENCY: str = settings.BASE_CURRENCY  # the currency of the company: what mixed totals are converted to
SYMBOLS = {
    "CNY": "¥",
    "USD": "US$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "JP¥",
    "HKD": "HK$",
    "TWD": "NT$",
    "SGD": "S$",
}
MINUS = "\u2212"


def q2(value: Decimal | int | str) -> Decimal:
    """Rounded to cents, half up."""
    return Decimal(value).quantize(CENT, rounding=ROUND_HALF_UP)


def symbol_of(currency: str) -> str:
    """The sign before an amount; currencies without a common one show their ISO code and a space."""
    return SYMBOLS.get(currency, f"{currency} " if currency else "")


@dataclass(frozen=True)
class Money:
    """An amount in one currency; adding two currencies is an error, converting needs a rate."""

    amount: Decimal
    currency: str = BASE_CURRENCY

    def __add__(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added without a rate")
        return Money(self.amount + other.amount, self.currency)

    def convert(self, rate: Decimal, to: str) -> "Money":
        """The same value in another currency, rounded to cents; ``rate`` is units of ``to`` per unit of this."""
        return Money(q2(self.amount * rate), to)


@dataclass(frozen=True)
class Total:
    """A sum of money; ``approximate`` when amounts of several currencies were converted (shown with ≈)."""

    money: Money
    approximate: bool = False


def total(amounts: Iterable[Money], rate: Callable[[str, str], Decimal], base: str = BASE_CURRENCY) -> Total:
    """Sum: one currency stays unconverted, mixed ones are converted to the base currency and marked."""
    sums: dict[str, Decimal] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, Decimal(0)) + money.amount
    if not sums:
        return Total(Money(Decimal("0.00"), base))
    if len(sums) == 1:
        currency, amount = next(iter(sums.items()))
        return Total(Money(q2(amount), currency))
    converted = sum(
        (
            q2(amount * (Decimal(1) if currency == base else rate(currency, base)))
            for currency, amount in sums.items()
        ),
        Decimal(0),
    )
    return Total(Money(converted, base), approximate=True)


def write_full(amount: Decimal | int | None, currency: str = BASE_CURRENCY) -> str:
    """To the cent, as in contracts and forms: ``¥1,180,000.00``; empty without an amount."""
    if amount is None:
        return ""
    value = q2(amount)
    return f"{MINUS if value < 0 else ''}{symbol_of(currency)}{abs(value):,.2f}"


def write_short(amount: Decimal | int | None, currency: str = BASE_CURRENCY, *, chinese: bool) -> str:
    """At a glance, as in lists: ``¥48 万``, ``¥1.2 亿`` or ``¥480K``, ``¥12M``; empty without an amount."""
    if amount is None:
        return ""
    value = Decimal(amount)
    sign, size = (MINUS if value < 0 else ""), abs(value)
    units = _CHINESE_UNITS if chinese else _LATIN_UNITS
    for place, (scale, unit) in enumerate(units):
        if size >= Decimal(10000):
            number = _short_number(size / scale)
            if Decimal(number.replace(",", "")) * scale < scale:
                continue
            if place and Decimal(number.replace(",", "")) * scale >= units[place - 1][0]:
                # 99,999,999 rounds up into the next unit: ¥1 亿, not ¥10,000 万.
                scale, unit = units[place - 1]
                number = "1"
            return f"{sign}{symbol_of(currency)}{number}{unit}"
    whole = size.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    if not whole:
        sign = ""
    return f"{sign}{symbol_of(currency)}{whole:,}"


_CHINESE_UNITS = ((Decimal(10) ** 8, " 亿"), (Decimal(10) ** 4, " 万"))
_LATIN_UNITS = ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K"))


def _short_number(value: Decimal) -> str:
    """One decimal below 100 where it says something, whole numbers above."""
    step = Decimal("0.1") if value < 100 else Decimal(1)
    number = value.quantize(step, rounding=ROUND_HALF_UP)
    return f"{number:,f}".removesuffix(".0")
