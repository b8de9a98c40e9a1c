"""Invoices (发票): what of a contract can still be invoiced, by rate of tax, and what an amount with tax is made of.

Amounts are with tax. What was reversed (红字) counts negative; what is only applied for is taken already.
"""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal

from crm.core.money import q2

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
Sums = Mapping[Decimal, Decimal]


def taxed(amount: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
    """What an amount with tax is made of: (net, tax)."""
    net = q2(amount / (1 + rate))
    return net, amount - net


def left_by_rate(contract: Sums, invoiced: Sums) -> dict[Decimal, Decimal]:
    """What can still be invoiced of each rate, the highest rate first; never less than nothing."""
    return {
        rate: max(ZERO, contract[rate] - invoiced.get(rate, ZERO)) for rate in sorted(contract, reverse=True)
    }


def spread(amount: Decimal, left: Sums) -> dict[Decimal, Decimal]:
    """An amount over the rates in proportion to what is left of each; cents go to the largest remainders.

    Where nothing is left all of it goes to the highest rate, so that whoever checks it sees too much there.
    """
    whole = sum(left.values(), ZERO)
    if not whole:
        return {max(left): amount} if left else {}
    exact = {rate: amount * part / whole for rate, part in left.items() if part}
    parts = {rate: one.quantize(CENT, rounding=ROUND_DOWN) for rate, one in exact.items()}
    missing = int((amount - sum(parts.values(), ZERO)) / CENT)
    order = sorted(exact, key=lambda rate: (parts[rate] - exact[rate], -rate))
    for rate in order[:missing]:
        parts[rate] += CENT
    return {rate: part for rate, part in parts.items() if part}
