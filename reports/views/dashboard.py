"""The manager's dashboard (picture 07): how a period stands, where the year goes, who does what, what needs care."""

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_safe

from crm.approvals.queries import waiting_count
from crm.identity.access import visible
from crm.identity.models import User
from reports.asked import Asked, ask
from reports.charts import Chart, Series
from reports.declare import MONEY, Column, Table, list_of
from reports.declared.forecast import FORECAST
from reports.declared.funnel import FUNNEL
from reports.queries import overview, receivables
from reports.queries.deals import Unit, deals_of
from reports.rules.periods import MONTH, QUARTER, YEAR, Period, months_on, period_of
from reports.views.reports import answer_forecast
from reports.words import period_label, short_label

SPANS = (
    ("this_month", pgettext_lazy("dashboard", "Month")),
    ("this_quarter", pgettext_lazy("dashboard", "Quarter")),
    ("this_year", pgettext_lazy("dashboard", "Year")),
)
RANKED = 8
TITLE = gettext_lazy("Dashboard")


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponseBase:
    """One page for whoever answers for a team: numbers of a period against last year, forecast, funnel, people, care."""

    def show(asked: Asked) -> HttpResponse:
        context = dashboard_context(asked, request.GET.get("period", ""))
        return render(request, "reports/dashboard.html", context)

    return answer_forecast(request, show)


def dashboard_context(asked: Asked, chosen: str) -> dict[str, Any]:
    """All the page shows."""
    table = FORECAST.build(asked)
    period: Period = asked["period"]
    year = period_of(period.first, YEAR)
    unit = Unit(table.currency, table.approximate)
    first = min(
        months_on(year.first, -12), months_on(period_of(asked.today, MONTH).first, -overview.TREND + 1)
    )
    months = overview.closed_by_month(asked, unit, first, max(year.last, asked.today))
    now = overview.together({month: one for month, one in months.items() if period.holds(month)})
    before = _year_before(asked)
    then = overview.together(overview.closed_by_month(asked, unit, *before)) if before else overview.Closed()
    ahead = overview.year_by_month(asked, unit, months, year)
    care, rotting = overview.in_need(asked)
    late = receivables.overdue(asked.user, receivables.orders_of(asked))
    funnel = _funnel(asked, period)
    form = asked.form
    for name in ("group", "period"):
        form.fields.pop(name, None)
    query = {name: asked[name].pk for name in ("owner", "team", "pipeline") if asked[name]}
    _rows, narrowed = deals_of(asked)
    return {
        "form": form,
        "asked": asked,
        "period": period,
        "period_words": period_label(period),
        "spans": [(key, label, urlencode({**query, "period": key})) for key, label in SPANS],
        "chosen": chosen or "this_quarter",
        "table": table,
        "totals": table.totals,
        "tiles": _tiles(table, now, then, _line(months, asked), _received(asked, period, first)),
        "ahead": _ahead_chart(ahead.months, table, unit, narrowed),
        "year": year.first.year,
        "year_share": ahead.share,
        "funnel": funnel,
        "funnel_widths": _widths(funnel),
        "ranking": _ranking(asked, table, period),
        "care": care,
        "rotting": rotting,
        "rotting_url": list_of({**narrowed, "rotting": "true", "sort": "-amount"}),
        "late": late if late and late.contracts else None,
        "late_url": _rows_of(asked, "payment_list", overdue="true"),
        "waiting": waiting_count(asked.user),
        "unplanned": overview.without_next_step(asked),
        "unplanned_url": list_of({**narrowed, "status": "open", "next_follow_up_at": "none"}),
        "forecast_url": f"{reverse('forecast')}?{urlencode({**query, 'period': period.key})}",
        "as_of": asked.now,
    }


def _year_before(asked: Asked) -> tuple[date, date] | None:
    """The period a year ago, as far as the present one has come: half a quarter is compared with half a quarter."""
    period: Period = asked["period"]
    before, gone = period.on(-{MONTH: 12, QUARTER: 4, YEAR: 1}[period.kind]), asked.today - period.first
    if gone < timedelta(0):
        return None
    return before.first, min(before.last, before.first + gone) if period.holds(asked.today) else before.last


def _line(months: dict[Any, overview.Closed], asked: Asked) -> list[overview.Closed]:
    """The last months, for the lines of the tiles."""
    this = period_of(asked.today, MONTH)
    return [months.get(this.on(step).first, overview.Closed()) for step in range(-overview.TREND + 1, 1)]


def _received(asked: Asked, period: Period, first: date) -> dict[str, Any] | None:
    """The tile of what came in: the period against last year, and the last months as a line."""
    narrowed = receivables.orders_of(asked)
    months = receivables.received_by_month(asked.user, first, max(period.last, asked.today), narrowed)
    if months is None:
        return None
    then = _year_before(asked)
    before = receivables.received_by_month(asked.user, *then, narrowed) if then else None
    unit = Unit()
    now, earlier = receivables.worth(months, unit, period.holds), receivables.worth(before or {}, unit)
    this = period_of(asked.today, MONTH)
    line = [this.on(step).first for step in range(-overview.TREND + 1, 1)]
    return {
        "label": pgettext("dashboard", "Received"),
        "value": receivables.received(months, period.holds),
        "kind": "total",
        "change": (now - earlier) / earlier if earlier else None,
        "line": [float(receivables.worth({day: months.get(day, ())}, unit)) for day in line],
        "colour": "teal",
        "url": _rows_of(
            asked,
            "receipt_list",
            status="confirmed",
            received_date_after=period.first,
            received_date_before=period.last,
        ),
    }


def _rows_of(asked: Asked, name: str, **query: Any) -> str:
    """The list behind a number of the money; none where it cannot be narrowed to a pipeline."""
    if asked["pipeline"]:
        return ""
    if asked["owner"]:
        query["owner"] = asked["owner"].pk
    if asked["team"]:
        query["team"] = sorted(asked.form.fields["team"].ids(asked["team"]))
    return f"{reverse(name)}?{urlencode(query, doseq=True)}"


def _tiles(
    table: Table,
    now: overview.Closed,
    then: overview.Closed,
    line: list[overview.Closed],
    came: dict[str, Any] | None,
) -> list[dict[str, Any]]:
    """Won, received, win rate, average deal, forecast and attainment; what cannot be said is left out."""
    change = (now.value - then.value) / then.value if then.value else None
    tiles: list[dict[str, Any]] = [
        {
            "label": _("Amount won"),
            "value": now.value,
            "kind": "money",
            "change": change,
            "line": [float(one.value) for one in line],
            "colour": "brand",
            "url": table.drill["closed"],
        },
        *([came] if came else []),
        {
            "label": _("Win rate"),
            "value": now.rate,
            "kind": "share",
            "points": (now.rate - then.rate) * 100
            if now.rate is not None and then.rate is not None
            else None,
            "line": [float(one.rate or 0) for one in line],
            "colour": "vio",
        },
        {
            "label": _("Average deal"),
            "value": now.average,
            "kind": "money",
            "change": (now.average - then.average) / then.average if now.average and then.average else None,
            "line": [float(one.average or 0) for one in line],
            "colour": "warn",
        },
        {
            "label": _("Weighted forecast"),
            "value": table.totals["weighted"],
            "kind": "money",
            "note": table.totals["quota"] and _("of the target"),
            "share": table.totals["weighted"] / table.totals["quota"] if table.totals["quota"] else None,
        },
    ]
    if table.totals["quota"]:
        tiles.append(
            {
                "label": _("Attainment"),
                "value": table.totals["attainment"],
                "kind": "share",
                "quota": True,
                "coverage": table.totals["coverage"],
            }
        )
    return tiles


def _ahead_chart(ahead: list[overview.MonthAhead], table: Table, unit: Unit, query: dict[str, Any]) -> Chart:
    """The year: won, commit and best case by month under the monthly target; each bar opens its deals."""
    parts = (
        ("closed", "ok", "won", "closed_at", {"status": "won"}),
        (
            "commit_open",
            "brand",
            "commit",
            "expected_close_date",
            {"status": "open", "forecast_category": "commit"},
        ),
        (
            "best_open",
            "tint",
            "best",
            "expected_close_date",
            {"status": "open", "forecast_category": "best_case"},
        ),
    )
    series = [
        Series(
            str(table.column(key).label),
            colour,
            [getattr(month, name) for month in ahead],
            [list_of({**query, **which, **_days(day, month.period)}) for month in ahead],
        )
        for key, colour, name, day, which in parts
    ]
    return Chart(
        [short_label(month.period) for month in ahead],
        series,
        Column("amount", "", MONEY),
        unit.currency,
        unit.approximate,
        upwards=True,
        target=[month.quota for month in ahead],
    )


def _days(name: str, period: Period) -> dict[str, str]:
    return {f"{name}_after": period.first.isoformat(), f"{name}_before": period.last.isoformat()}


def _funnel(asked: Asked, period: Period) -> Table:
    """Entries into each stage in the period so far."""
    query = {
        "kind": "snapshot",
        "from": period.first.isoformat(),
        "to": max(min(period.last, asked.today), period.first).isoformat(),
    }
    query |= {name: asked[name].pk for name in ("owner", "team", "pipeline") if asked[name]}
    return FUNNEL.build(ask(FUNNEL, asked.user, query))


def _widths(funnel: Table) -> list[tuple[Any, int]]:
    """The funnel's lines with how wide each is drawn, in per cent of the widest."""
    most = max((row.values["count"] for row in funnel.rows), default=0) or 1
    return [(row, max(14, round(100 * row.values["count"] / most))) for row in funnel.rows]


def _ranking(asked: Asked, table: Table, period: Period) -> list[dict[str, Any]]:
    """The people of the table by what they won, with their attainment and follow-ups."""
    rows = [row for row in table.rows if row.id][:RANKED]
    users = visible(User, asked.user).in_bulk([row.id for row in rows])
    done = overview.follow_ups_by(asked.user, users, period)
    return [
        {"user": users[row.id], "row": row, "values": row.values, "follow_ups": done.get(row.id, 0)}
        for row in rows
        if row.id in users
    ]
