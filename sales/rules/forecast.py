"""What a period will bring, and how well earlier forecasts said it.

Amounts are in one currency. Probabilities are whole per cents as stages carry them, unless a function says otherwise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from crm.core.money import q2

PIPELINE, BEST_CASE, COMMIT, OMITTED, CLOSED = "pipeline", "best_case", "commit", "omitted", "closed"


@dataclass(frozen=True)
class Deal:
    """An opportunity closing in the period: its amount, probability in per cent and forecast category."""

    amount: Decimal
    probability: int
    category: str


@dataclass(frozen=True)
class Forecast:
    """The cumulative sums: `commit` and `best` contain what is closed, `weighted` too."""

    closed: Decimal
    open: Decimal
    weighted_open: Decimal
    commit: Decimal
    best: Decimal

    @property
    def weighted(self) -> Decimal:
        return self.closed + self.weighted_open


def forecast(deals: Iterable[Deal]) -> Forecast:
    """Closed, weighted, commit and best case of a period; what is omitted counts nowhere."""
    sums = dict.fromkeys((PIPELINE, BEST_CASE, COMMIT, CLOSED), Decimal("0.00"))
    weighted = Decimal(0)
    for deal in deals:
        if deal.category == OMITTED:
            continue
        sums[deal.category] += deal.amount
        if deal.category != CLOSED:
            weighted += deal.amount * deal.probability / 100
    commit = sums[COMMIT] + sums[CLOSED]
    return Forecast(
        closed=sums[CLOSED],
        open=sums[PIPELINE] + sums[BEST_CASE] + sums[COMMIT],
        weighted_open=q2(weighted),
        commit=commit,
        best=commit + sums[BEST_CASE],
    )


def attainment(closed: Decimal, quota: Decimal) -> Decimal | None:
    """达成率: closed over quota, a fraction; None without a quota."""
    return closed / quota if quota else None


def coverage(open_amount: Decimal, closed: Decimal, quota: Decimal) -> Decimal | None:
    """How many times the open deals cover what is still missing; None where nothing is missing."""
    missing = quota - closed
    return open_amount / missing if missing > 0 else None


def win_rate(won: int, lost: int) -> Decimal | None:
    """Won over won and lost, a fraction; open and invalid ones count in neither."""
    return Decimal(won) / (won + lost) if won + lost else None


def velocity(qualified: int, average_won: Decimal, rate: Decimal, cycle_days: Decimal) -> Decimal | None:
    """销售速率: what the open deals bring in a day; None without a cycle."""
    return q2(qualified * average_won * rate / cycle_days) if cycle_days else None


def wape(forecasts: Sequence[Decimal], actuals: Sequence[Decimal]) -> Decimal | None:
    """Weighted absolute percentage error, a fraction: Σ|F−A| over Σ|A|."""
    base = sum((abs(actual) for actual in actuals), Decimal(0))
    missed = sum((abs(f - a) for f, a in zip(forecasts, actuals, strict=True)), Decimal(0))
    return missed / base if base else None


def mape(forecasts: Sequence[Decimal], actuals: Sequence[Decimal]) -> Decimal | None:
    """Mean absolute percentage error, a fraction; periods in which nothing happened are left out."""
    rows = [abs(f - a) / abs(a) for f, a in zip(forecasts, actuals, strict=True) if a]
    return sum(rows, Decimal(0)) / len(rows) if rows else None


def bias(forecasts: Sequence[Decimal], actuals: Sequence[Decimal]) -> Decimal | None:
    """Whether one hopes too much: (ΣF−ΣA) over ΣA, a fraction."""
    base = sum(actuals, Decimal(0))
    return (sum(forecasts, Decimal(0)) - base) / base if base else None


def brier(probabilities: Sequence[Decimal], outcomes: Sequence[int]) -> Decimal | None:
    """Mean squared error of probabilities (fractions) against what happened (1 or 0)."""
    rows = [(p - o) ** 2 for p, o in zip(probabilities, outcomes, strict=True)]
    return sum(rows, Decimal(0)) / len(rows) if rows else None
