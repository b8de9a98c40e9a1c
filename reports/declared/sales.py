"""What was won and lost, by whom, where, when."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reports import parameters
from reports.asked import Asked
from reports.charts import by_row
from reports.declare import COUNT, MONEY, SHARE, TEXT, Column, Row, Table, list_of, report
from reports.queries.deals import Unit, closed_between, deals_of
from reports.queries.dimensions import DIMENSIONS, Dimension, id_of, word
from reports.rules.periods import period_of
from reports.words import short_label
from sales.models import Opportunity, OpportunityStatus
from sales.rules.forecast import win_rate

WON, LOST, OPEN = OpportunityStatus.WON, OpportunityStatus.LOST, OpportunityStatus.OPEN


def sales_by(asked: Asked) -> Table:
    """Won and lost between two days of closing, by one dimension; what is open now stands beside it."""
    dimension = DIMENSIONS[asked["group"]]
    rows, query = deals_of(asked)
    closed = closed_between(asked["from"], asked["to"])
    won, lost = Q(status=WON) & closed, Q(status=LOST) & closed
    counted = won | lost if dimension.timed else won | lost | Q(status=OPEN)
    lines = _sums(
        rows.filter(counted),
        dimension.path,
        won,
        lost,
        LINED if dimension.lined else F("amount"),
        distinct=dimension.lined,
    )
    unit = Unit.of(currency for _key, currency, *values in lines if any(values))
    fold = dimension.fold()
    sums: dict[Any, list[Any]] = defaultdict(lambda: [Decimal(0), Decimal(0), 0, 0, 0])
    behind: dict[Any, list[Any]] = defaultdict(list)
    for key, currency, won_value, lost_value, *counts in lines:
        values = [unit.value(won_value, currency), unit.value(lost_value, currency), *counts]
        if not any(values):
            continue
        group = fold(key)
        if key not in behind[group]:
            behind[group].append(key)
        sums[group] = [whole + part for whole, part in zip(sums[group], values, strict=True)]
    words = dimension.words(sums)
    days = {"closed_at_after": asked["from"].isoformat(), "closed_at_before": asked["to"].isoformat()}
    shown = [
        Row(
            {"label": word(dimension, words, key), **_values(unit, values)},
            id=id_of(dimension, key),
            drill=_drill({**query, **days}, _narrowed(dimension, key, behind[key], days)),
            short=short_label(period_of(key, dimension.key)) if dimension.timed else "",
        )
        for key, values in sums.items()
    ]
    shown.sort(
        key=(lambda row: row.id or "")
        if dimension.timed
        else (lambda row: (-row.values["won_value"], -row.values["won"], row.values["label"]))
    )
    total = [sum(column) for column in zip(*sums.values(), strict=True)] or [Decimal(0), Decimal(0), 0, 0, 0]
    if dimension.lined:  # a deal of two products is one deal
        total = [Decimal(0), Decimal(0), 0, 0, 0]
        for _key, currency, won_value, lost_value, *counts in _sums(
            rows.filter(counted), "status", won, lost, F("amount")
        ):
            values = [unit.value(won_value, currency), unit.value(lost_value, currency), *counts]
            total = [whole + part for whole, part in zip(total, values, strict=True)]
    columns = [Column("label", dimension.label, TEXT), *(NUMBERS[:-1] if dimension.timed else NUMBERS)]
    totals = {"label": None, **_values(unit, total)}
    whole = Row(totals, drill=_drill({**query, **days}, {}))
    for row in [*shown, whole] if dimension.timed else ():
        row.values.pop("open")
        row.drill.pop("open", None)
    return Table(
        columns,
        shown,
        totals,
        drill=whole.drill,
        currency=unit.currency,
        approximate=unit.approximate,
        extra={"timed": dimension.timed},
    )


# A deal's amount by product: that of its lines, its own where it has none.
LINED = Coalesce("lines__amount", "amount")


def _sums(
    rows: QuerySet[Opportunity], path: Any, won: Q, lost: Q, amount: Any, *, distinct: bool = False
) -> list[Any]:
    """(group, currency, won amount, lost amount, won, lost, open) of some deals."""
    return list(
        rows.values_list(path, "currency").annotate(
            won_value=Sum(amount, filter=won),
            lost_value=Sum(amount, filter=lost),
            won=Count("pk", filter=won, distinct=distinct),
            lost=Count("pk", filter=lost, distinct=distinct),
            open=Count("pk", filter=Q(status=OPEN), distinct=distinct),
        )
    )


def _values(unit: Unit, values: list[Any]) -> dict[str, Any]:
    won_value, lost_value, won, lost, open_now = values
    whole = won_value + lost_value
    return {
        "won_value": unit.whole(won_value),
        "won": won,
        "lost": lost,
        "win_rate": win_rate(won, lost),
        "value_win_rate": won_value / whole if whole else None,
        "average": unit.whole(won_value / won) if won else None,
        "open": open_now,
    }


def _narrowed(
    dimension: Dimension, key: Any, values: list[Any], days: dict[str, Any]
) -> dict[str, Any] | None:
    """The list of one line; a month at the edge is cut by the days asked for."""
    found = dimension.query(key, values)
    if found and dimension.timed:
        found["closed_at_after"] = max(found["closed_at_after"], days["closed_at_after"])
        found["closed_at_before"] = min(found["closed_at_before"], days["closed_at_before"])
    return found


def _drill(query: dict[str, Any], narrowed: dict[str, Any] | None) -> dict[str, str]:
    if narrowed is None:
        return {}
    whole = {**query, **narrowed}
    still = {name: value for name, value in whole.items() if not name.startswith("closed_at")}
    won = list_of({**whole, "status": "won"})
    return {
        "won_value": won,
        "won": won,
        "lost": list_of({**whole, "status": "lost"}),
        "open": list_of({**still, "status": "open"}),
    }


NUMBERS = [
    Column("won_value", pgettext_lazy("amount", "Won"), MONEY),
    Column("won", _("Deals won"), COUNT),
    Column("lost", _("Deals lost"), COUNT),
    Column("win_rate", _("Win rate"), SHARE, note=_("Won over won and lost, by number")),
    Column("value_win_rate", _("Win rate by value"), SHARE, note=_("Won over won and lost, by amount")),
    Column("average", _("Average deal"), MONEY),
    Column("open", _("Open now"), COUNT),
]

SALES = report(
    slug="sales",
    title=_("Sales"),
    note=_(
        "Deals by the day they were closed. The win rate is won over won and lost; open and invalid deals are in neither."
    ),
    parameters=(
        parameters.group(list(DIMENSIONS), "owner"),
        *parameters.between(),
        parameters.owner(),
        parameters.team(),
        parameters.pipeline(),
    ),
    build=sales_by,
    chart=lambda table: by_row(table, "won_value"),
    icon="chart-bar",
    order=20,
)
