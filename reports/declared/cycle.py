"""How long deals take."""

from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, Max, Min
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reports import parameters
from reports.asked import Asked
from reports.charts import by_row
from reports.declare import COUNT, DAYS, TEXT, Column, Row, Table, list_of, report
from reports.queries.aggregates import CYCLE_DAYS, Median
from reports.queries.deals import closed_between, deals_of
from reports.queries.dimensions import DIMENSIONS, id_of, word
from sales.models import OpportunityStatus

WON, LOST = OpportunityStatus.WON.value, OpportunityStatus.LOST.value
OUTCOMES = {
    WON: pgettext_lazy("opportunity", "Won"),
    LOST: pgettext_lazy("opportunity", "Lost"),
}


def days_to_close(asked: Asked) -> Table:
    """The days from opening to closing of what was won and lost between two days: average, median, shortest, longest."""
    rows, query = deals_of(asked)
    rows = rows.filter(closed_between(asked["from"], asked["to"]), status__in=OUTCOMES)
    days = {"closed_at_after": asked["from"].isoformat(), "closed_at_before": asked["to"].isoformat()}
    measures = {
        "count": Count("pk"),
        "average": Avg(CYCLE_DAYS),
        "median": Median(CYCLE_DAYS),
        "shortest": Min(CYCLE_DAYS),
        "longest": Max(CYCLE_DAYS),
    }

    def values(label: Any, found: Any) -> dict[str, Any]:
        count, average, middle, *rest = found
        return dict(
            zip(("label", *measures), (label, count, _days(average), _days(middle), *rest), strict=True)
        )

    lines = []
    if asked["group"] == "status":
        found = {status: rest for status, *rest in rows.values_list("status").annotate(**measures)}
        for status, label in OUTCOMES.items():
            here = list_of({**query, **days, "status": status})
            lines.append(
                Row(
                    values(str(label), found.get(status, (0, None, None, None, None))),
                    status,
                    {"count": here},
                )
            )
        label = pgettext_lazy("report", "Outcome")
    else:
        dimension = DIMENSIONS[asked["group"]]
        rows = rows.filter(status=WON)
        found = {key: rest for key, *rest in rows.values_list(dimension.path).annotate(**measures)}
        words = dimension.words(found)
        for key, rest in sorted(found.items(), key=lambda item: (item[1][2], str(item[0] or ""))):
            narrowed = dimension.query(key, [key])
            here = {"count": list_of({**query, **days, **narrowed, "status": WON})} if narrowed else {}
            lines.append(Row(values(word(dimension, words, key), rest), id_of(dimension, key), here))
        label = dimension.label
    whole = rows.aggregate(**measures)
    total = [whole[name] for name in measures]
    every = {**query, **days, "status": [WON, LOST] if asked["group"] == "status" else WON}
    columns = [Column("label", label, TEXT), *COLUMNS]
    return Table(columns, lines, values(None, total), {"count": list_of(every)})


def _days(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


COLUMNS = [
    Column("count", _("Deals"), COUNT),
    Column("average", _("Average days"), DAYS),
    Column("median", _("Median days"), DAYS),
    Column("shortest", _("Shortest"), DAYS),
    Column("longest", _("Longest"), DAYS),
]
CYCLE = report(
    slug="sales-cycle",
    title=_("Sales cycle"),
    note=_(
        "Calendar days from the day a deal was opened to the day it was closed. By person or team only what was won counts."
    ),
    parameters=(
        parameters.group(
            ("owner", "team", "pipeline", "source"), "status", ("status", pgettext_lazy("report", "Outcome"))
        ),
        *parameters.between(),
        parameters.owner(),
        parameters.team(),
        parameters.pipeline(),
    ),
    build=days_to_close,
    chart=lambda table: by_row(table, "median", "average"),
    icon="calendar-time",
    reads=frozenset(),
    order=50,
)
