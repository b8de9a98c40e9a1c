"""What the open deals bring in a day (销售速率)."""

from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy as _

from crm.core.money import q2
from reports import parameters
from reports.asked import Asked
from reports.charts import by_row
from reports.declare import COUNT, DAYS, MONEY, SHARE, TEXT, Column, Row, Table, list_of, report
from reports.queries.aggregates import CYCLE_DAYS, Median
from reports.queries.deals import Unit, closed_between, deals_of
from reports.queries.dimensions import DIMENSIONS, id_of, word
from reports.queries.forecast import COUNTED, COUNTED_QUERY
from sales.models import OpportunityStatus
from sales.rules.forecast import velocity, win_rate

WON, LOST = OpportunityStatus.WON, OpportunityStatus.LOST


def velocity_by(asked: Asked) -> Table:
    """Open deals times average won amount times win rate over the median cycle, by owner, team or pipeline, and for all."""
    dimension = DIMENSIONS[asked["group"]]
    rows, query = deals_of(asked)
    closed = closed_between(asked["from"], asked["to"])
    won, lost = Q(status=WON) & closed, Q(status=LOST) & closed
    found = list(
        rows.filter(won | lost | COUNTED)
        .values_list(dimension.path, "currency")
        .annotate(
            open=Count("pk", filter=COUNTED),
            won=Count("pk", filter=won),
            lost=Count("pk", filter=lost),
            won_value=Sum("amount", filter=won),
            lost_value=Sum("amount", filter=lost),
        )
    )
    unit = Unit.of(currency for _key, currency, *_rest in found)
    medians = dict(rows.filter(won).values_list(dimension.path).annotate(middle=Median(CYCLE_DAYS)))
    sums: dict[Any, list[Any]] = {}
    for key, currency, *counts, won_value, lost_value in found:
        values = [*counts, unit.value(won_value, currency), unit.value(lost_value, currency)]
        sums[key] = [
            a + b for a, b in zip(sums.get(key, [0, 0, 0, Decimal(0), Decimal(0)]), values, strict=True)
        ]
    words = dimension.words(sums)
    days = {"closed_at_after": asked["from"].isoformat(), "closed_at_before": asked["to"].isoformat()}
    lines = []
    for key, values in sums.items():
        narrowed = dimension.query(key, [key])
        drill = {} if narrowed is None else _drill({**query, **narrowed}, days)
        lines.append(
            Row(_values(word(dimension, words, key), values, medians.get(key)), id_of(dimension, key), drill)
        )
    lines.sort(key=lambda row: (-(row.values["velocity"] or 0), row.values["label"]))
    total = [sum(column) for column in zip(*sums.values(), strict=True)] or [0, 0, 0, Decimal(0), Decimal(0)]
    middle = rows.filter(won).aggregate(middle=Median(CYCLE_DAYS))["middle"]
    return Table(
        [Column("label", dimension.label, TEXT), *COLUMNS],
        lines,
        _values(None, total, middle),
        _drill(query, days),
        unit.currency,
        unit.approximate,
    )


def _values(label: str | None, values: list[Any], middle: float | None) -> dict[str, Any]:
    count, won, lost, won_value, lost_value = values
    rate, average = win_rate(won, lost), won_value / won if won else None
    cycle = None if middle is None else Decimal(str(middle))
    whole = won_value + lost_value
    by_value = won_value / whole if whole else None
    speed = None if rate is None or average is None or not cycle else velocity(count, average, rate, cycle)
    other = (
        None
        if by_value is None or average is None or not cycle
        else velocity(count, average, by_value, cycle)
    )
    return {
        "label": label,
        "open": count,
        "average_won": None if average is None else q2(average),
        "win_rate": rate,
        "value_win_rate": by_value,
        "cycle": cycle,
        "velocity": speed,
        "value_velocity": other,
    }


def _drill(query: dict[str, Any], days: dict[str, Any]) -> dict[str, str]:
    return {
        "open": list_of({**query, **COUNTED_QUERY}),
        "average_won": list_of({**query, **days, "status": "won"}),
        "win_rate": list_of({**query, **days, "status": ["won", "lost"]}),
    }


COLUMNS = [
    Column("open", _("Open deals"), COUNT),
    Column("average_won", _("Average won"), MONEY),
    Column("win_rate", _("Win rate"), SHARE, note=_("Won over won and lost, by number")),
    Column("value_win_rate", _("Win rate by value"), SHARE, note=_("Won over won and lost, by amount")),
    Column("cycle", _("Median days"), DAYS, note=_("From opening to winning")),
    Column("velocity", _("A day"), MONEY),
    Column("value_velocity", _("A day, by value"), MONEY, note=_("With the win rate by value")),
]

VELOCITY = report(
    slug="velocity",
    title=_("Sales velocity"),
    note=_(
        "Open deals × average won amount × win rate ÷ median days to win: what the open deals bring in a day. Omitted deals do not count as open."
    ),
    parameters=(
        parameters.group(("team", "owner", "pipeline"), "team"),
        *parameters.between(),
        parameters.owner(),
        parameters.team(),
        parameters.pipeline(),
    ),
    build=velocity_by,
    chart=lambda table: by_row(table, "velocity"),
    icon="bolt",
    reads=frozenset({"amount", "forecast_category"}),
    order=60,
)
