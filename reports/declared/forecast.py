"""What a period will bring, against what was promised."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from reports import parameters
from reports.asked import Asked
from reports.charts import Chart, Series
from reports.declare import COUNT, MONEY, RATIO, SHARE, TEXT, Column, Row, Table, list_of, report
from reports.models import Metric
from reports.queries.deals import Unit, deals_of
from reports.queries.dimensions import DIMENSIONS, word
from reports.queries.forecast import COUNTED_QUERY, SUMS, sums
from reports.queries.odds import latest
from reports.queries.targets import Targets, quotas_of, targets, whole_quota
from reports.rules.targets import gap
from sales.rules.chances import POSITIVES_NEEDED, ROWS_NEEDED
from sales.rules.forecast import attainment, coverage

GROUPS = {"owner": "owner_id", "team": "team_id"}


def forecast_by(asked: Asked) -> Table:
    """Won, commit, best case and weighted of a period, by history and by model, beside the target: by owner or team."""
    period, dimension = asked["period"], DIMENSIONS[asked["group"]]
    rows, query = deals_of(asked)
    odds = latest()
    found = list(sums(rows, period, odds, asked.today, asked.now, (GROUPS[dimension.key],)))
    unit = Unit.of(one.currency for one in found)
    groups: dict[Any, dict[str, Any]] = defaultdict(_nothing)
    learned = {
        name: any(one.amounts[name] is not None for one in found) for name in ("stage_open", "model_open")
    }
    for one in found:
        here = groups[one.group[0]]
        here["won"] += one.won
        here["open_count"] += one.open
        for name in SUMS:
            here[name] += unit.value(one.amounts[name], one.currency)
    goals = targets(asked.user, period, asked["metric"] or Metric.WON_VALUE, unit)
    quotas = quotas_of(asked, goals)
    total = _sum_of(groups.values())
    for key in quotas:
        groups[key]  # whoever has a target stands in the report, deals or not
    wholes = _with_those_below(quotas, goals) if dimension.key == "team" else {}
    words = dimension.words(groups)
    days = {
        "expected_close_date_after": period.first.isoformat(),
        "expected_close_date_before": period.last.isoformat(),
    }
    closed = {"closed_at_after": period.first.isoformat(), "closed_at_before": period.last.isoformat()}
    lines = []
    for key, values in groups.items():
        narrowed = dimension.query(key, sorted(wholes[key]) if key in wholes else [key])
        drill = {} if narrowed is None else _drill({**query, **narrowed}, days, closed)
        held = _sum_of(groups[one] for one in wholes[key] if one in groups) if key in wholes else values
        lines.append(
            Row(
                {"label": word(dimension, words, key), **_values(held, quotas.get(key), unit, learned)},
                key,
                drill,
            )
        )
    lines.sort(key=lambda row: (-row.values["closed"], -row.values["weighted_open"], row.values["label"]))
    totals = {"label": None, **_values(total, whole_quota(asked, goals), unit, learned)}
    return Table(
        [Column("label", dimension.label, TEXT), *COLUMNS],
        lines,
        totals,
        _drill(query, days, closed),
        unit.currency,
        unit.approximate,
        _notes(odds, period.last < asked.today, bool(wholes)),
        {"period": period, "odds": odds, "targets": goals},
    )


def _nothing() -> dict[str, Any]:
    return {"won": 0, "open_count": 0, **dict.fromkeys(SUMS, Decimal(0))}


def _sum_of(groups: Iterable[dict[str, Any]]) -> dict[str, Any]:
    whole = _nothing()
    for values in groups:
        for name, value in values.items():
            whole[name] += value
    return whole


def _with_those_below(teams: Iterable[int], goals: Targets) -> dict[int, set[int]]:
    """Those of the teams whose own target speaks for teams below: what these bring counts towards it."""
    own = [team for team in teams if team in goals.own]
    return {team: {team, *below} for team in own if (below := goals.below(team))}


def _values(
    values: dict[str, Any], quota: Decimal | None, unit: Unit, learned: dict[str, bool]
) -> dict[str, Any]:
    amounts = {name: unit.whole(values[name]) for name in SUMS}
    closed = amounts["closed"]
    open_amount = amounts["commit_open"] + amounts["best_open"] + amounts["pipeline_open"]
    return {
        "quota": None if quota is None else unit.whole(quota),
        "closed": closed,
        "commit_open": amounts["commit_open"],
        "best_open": amounts["best_open"],
        "pipeline_open": amounts["pipeline_open"],
        "open": open_amount,
        "weighted_open": amounts["weighted_open"],
        "weighted": closed + amounts["weighted_open"],
        "commit": closed + amounts["commit_open"],
        "best": closed + amounts["commit_open"] + amounts["best_open"],
        "stage_history": closed + amounts["stage_open"] if learned["stage_open"] else None,
        "model": closed + amounts["model_open"] if learned["model_open"] else None,
        "attainment": attainment(closed, quota) if quota is not None else None,
        "coverage": coverage(open_amount, closed, quota) if quota is not None else None,
        "gap": gap(quota, closed),
        "won": values["won"],
        "open_count": values["open_count"],
    }


def _drill(query: dict[str, Any], days: dict[str, Any], closed: dict[str, Any]) -> dict[str, str]:
    due = {**query, **days, "status": "open"}
    won = list_of({**query, **closed, "status": "won"})
    counted = list_of({**due, **COUNTED_QUERY})
    return {
        "closed": won,
        "won": won,
        "commit_open": list_of({**due, "forecast_category": "commit"}),
        "best_open": list_of({**due, "forecast_category": "best_case"}),
        "pipeline_open": list_of({**due, "forecast_category": "pipeline"}),
        "open": counted,
        "weighted_open": counted,
        "open_count": counted,
    }


def _notes(odds: Any, past: bool, wholes: bool) -> list[str]:
    found = []
    if wholes:
        found.append(gettext("A team with a target of its own counts what the teams below it bring."))
    if past:
        return found
    if odds is None or not odds.stages:
        found.append(
            gettext(
                "Nothing has been learned from closed deals yet; the forecasts by history and by model stay empty."
            )
        )
    elif not odds.model:
        found.append(
            gettext("By model: too little history. It needs %(rows)d closed deals with %(won)d of them won.")
            % {"rows": ROWS_NEEDED, "won": POSITIVES_NEEDED}
        )
    return found


def bars(table: Table) -> Chart | None:
    """Won, commit and best case of each line on top of each other, its target above."""
    rows = table.rows[:12]
    if not rows:
        return None
    parts = (("closed", "ok"), ("commit_open", "brand"), ("best_open", "tint"))
    series = [
        Series(
            str(table.column(key).label),
            colour,
            [row.values[key] for row in rows],
            [row.drill.get(key, "") for row in rows],
        )
        for key, colour in parts
    ]
    return Chart(
        [row.short or str(row.values["label"]) for row in rows],
        series,
        table.column("closed"),
        table.currency,
        table.approximate,
        upwards=True,
        target=[row.values["quota"] for row in rows],
        more=len(table.rows) - len(rows),
    )


COLUMNS = [
    Column("quota", _("Target"), MONEY),
    Column("closed", pgettext_lazy("amount", "Won"), MONEY),
    Column("commit_open", pgettext_lazy("forecast", "Commit"), MONEY),
    Column("best_open", pgettext_lazy("forecast", "Best case"), MONEY),
    Column("pipeline_open", pgettext_lazy("forecast", "Pipeline"), MONEY),
    Column("open", _("All open"), MONEY, shown=False),
    Column("weighted_open", _("Weighted, open"), MONEY, shown=False),
    Column("weighted", _("Weighted"), MONEY, note=_("Won, and open amounts times their probability")),
    Column("commit", _("Won and commit"), MONEY, shown=False),
    Column("best", _("Won, commit and best case"), MONEY, shown=False),
    Column(
        "stage_history",
        _("By history"),
        MONEY,
        note=_("Won, and open amounts by how often and when their stage was won"),
    ),
    Column("model", _("By model"), MONEY, note=_("Won, and open amounts by the learned chance of each")),
    Column("attainment", _("Attainment"), SHARE, note=_("Won over target")),
    Column("coverage", _("Coverage"), RATIO, note=_("Open over what is missing to the target")),
    Column("gap", _("Missing"), MONEY, shown=False),
    Column("won", _("Deals won"), COUNT, shown=False),
    Column("open_count", _("Open deals"), COUNT, shown=False),
]

FORECAST = report(
    slug="forecast",
    title=_("Forecast"),
    note=_(
        "Open deals count in the period in which they are expected to close; omitted ones nowhere. By history and by model look at all open deals, whatever day is expected."
    ),
    parameters=(
        parameters.period(),
        parameters.group(list(GROUPS), "owner"),
        parameters.owner(),
        parameters.team(),
        parameters.pipeline(),
    ),
    build=forecast_by,
    chart=bars,
    icon="chart-line",
    reads=frozenset({"amount", "probability", "forecast_category", "expected_close_date"}),
    page="forecast",
    order=5,
)
