"""How far the targets are reached (达成率)."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reports import parameters
from reports.asked import Asked
from reports.charts import by_row
from reports.declare import COUNT, MONEY, Row, Table, report
from reports.declared import forecast
from reports.models import Metric
from reports.queries.targets import quotas_of, whole_quota
from reports.rules.targets import gap
from sales.rules.forecast import attainment, coverage

SHOWN = ("label", "quota", "closed", "attainment", "gap", "open", "coverage", "weighted")


def attainment_by(asked: Asked) -> Table:
    """Target, reached, share and gap of a period by person or team, in amounts or in deals won."""
    table = forecast.forecast_by(asked)
    if asked["metric"] == Metric.WON_COUNT:
        table = _by_count(asked, table)
    columns = [
        replace(table.column(name), shown=True)
        for name in SHOWN
        if name in {one.key for one in table.columns}
    ]
    keys = {one.key for one in columns}
    notes = []
    if table.totals["quota"] is None:
        notes = [gettext("No targets are set for this period.")]
    rows = [Row(_only(row.values, keys), row.id, _only(row.drill, keys)) for row in table.rows]
    return replace(
        table,
        columns=columns,
        rows=rows,
        totals=_only(table.totals, keys),
        drill=_only(table.drill, keys),
        notes=notes,
    )


def _only(values: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in keys}


def _by_count(asked: Asked, table: Table) -> Table:
    """The same lines by number: deals won against a target of deals, coverage by open deals."""
    goals = table.extra["targets"]
    quotas = quotas_of(asked, goals)
    for row in table.rows:
        _count(row.values, quotas.get(row.id))
    table.rows.sort(key=lambda row: (-row.values["closed"], -row.values["open"], row.values["label"]))
    _count(table.totals, whole_quota(asked, goals))
    dropped = {"weighted"}
    columns = [
        replace(one, kind=COUNT) if one.kind == MONEY else one
        for one in table.columns
        if one.key not in dropped
    ]
    return replace(table, columns=columns, approximate=False)


def _count(values: dict[str, Any], quota: Any) -> None:
    won, still = values["won"], values["open_count"]
    values |= {
        "quota": quota,
        "closed": won,
        "open": still,
        "attainment": attainment(won, quota) if quota else None,
        "coverage": coverage(still, won, quota) if quota else None,
        "gap": gap(quota, won),
    }


ATTAINMENT = report(
    slug="attainment",
    title=_("Target attainment"),
    note=_(
        "Won over target. Coverage is what is open in the period over what is missing. A team's own target counts before the sum of its people's; a quarter without one is the sum of its months."
    ),
    parameters=(
        parameters.period(),
        parameters.choice("metric", _("Counts"), Metric.choices, Metric.WON_VALUE),
        parameters.group(list(forecast.GROUPS), "owner"),
        parameters.owner(),
        parameters.team(),
        parameters.pipeline(),
    ),
    build=attainment_by,
    chart=lambda table: by_row(table, "quota", "closed"),
    icon="target-arrow",
    reads=forecast.FORECAST.reads,
    order=7,
)
