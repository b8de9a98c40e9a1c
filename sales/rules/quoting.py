"""What a quote comes to: lines with discount and Chinese value-added tax, totals, and who must agree to the discount.

Amounts are rounded to the cent per line, half up. Rates and discounts are fractions: 13 % is 0.13.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crm.core.money import q2

SALESPERSON, MANAGER, DIRECTOR, FINANCE = "salesperson", "manager", "director", "finance"
# Default values of settings an administrator edits: up to this discount these people suffice.
DISCOUNT_BANDS: tuple[tuple[Decimal, tuple[str, ...]], ...] = (
    (Decimal("0.05"), (SALESPERSON,)),
    (Decimal("0.15"), (MANAGER,)),
    (Decimal("0.25"), (DIRECTOR,)),
)
ABOVE_ALL_BANDS = (DIRECTOR, FINANCE)


@dataclass(frozen=True)
class Line:
    """The amounts of one line: `listed` before discount, `gross` with tax, `net` without, and the `tax` between them."""

    listed: Decimal
    gross: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True)
class Totals:
    """The sums over a quote's lines."""

    listed: Decimal
    gross: Decimal
    net: Decimal
    tax: Decimal

    @property
    def discount(self) -> Decimal:
        """The effective discount over all lines, a fraction; nothing where nothing is listed."""
        return 1 - self.gross / self.listed if self.listed else Decimal(0)


def line(
    quantity: Decimal | int,
    price: Decimal | int,
    *,
    rate: Decimal,
    discount: Decimal = Decimal(0),
    tax_included: bool = True,
) -> Line:
    """A line's amounts; prices contain the tax (含税) unless `tax_included` says otherwise."""
    full = Decimal(quantity) * Decimal(price)
    reduced = full * (1 - discount)
    if tax_included:
        gross = q2(reduced)
        net = q2(gross / (1 + rate))
        return Line(listed=q2(full), gross=gross, net=net, tax=gross - net)
    net = q2(reduced)
    tax = q2(net * rate)
    listed = q2(full)
    return Line(listed=listed + q2(listed * rate), gross=net + tax, net=net, tax=tax)


def totals(lines: Iterable[Line]) -> Totals:
    """The sums of the lines: rounded lines are added, never the unrounded ones."""
    rows = list(lines)

    def add(name: str) -> Decimal:
        return sum((getattr(row, name) for row in rows), Decimal("0.00"))

    return Totals(listed=add("listed"), gross=add("gross"), net=add("net"), tax=add("tax"))


def approvers(discount: Decimal) -> tuple[str, ...]:
    """Who must agree to an effective discount, in order; the seller alone up to 5 %."""
    return next((people for most, people in DISCOUNT_BANDS if discount <= most), ABOVE_ALL_BANDS)


@dataclass(frozen=True)
class RateSum:
    """What lines of one tax rate come to."""

    rate: Decimal
    net: Decimal
    tax: Decimal


def by_rate(lines: Iterable[Any]) -> list[RateSum]:
    """The sums of lines by their rate of tax, the highest first: what an invoice will show."""
    found: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for one in lines:
        net, tax = found.get(one.tax_rate, (Decimal("0.00"), Decimal("0.00")))
        found[one.tax_rate] = (net + one.net, tax + one.tax)
    return [RateSum(rate, *found[rate]) for rate in sorted(found, reverse=True)]
