"""The forecast of a period (picture 20): where it stands, how it came about, what moved, who says what."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.core.amounts import AmountError, parse_amount
from crm.core.money import BASE_CURRENCY
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import visible
from crm.identity.models import User
from reports import services
from reports.asked import Asked
from reports.charts import Chart, Series
from reports.declare import MONEY, Column, Row, Table, list_of
from reports.declared.forecast import FORECAST
from reports.models import ForecastCall
from reports.queries import accuracy, outlook
from reports.queries.deals import Unit, deals_of
from reports.queries.forecast import COUNTED_QUERY
from reports.queries.reach import may_set_for
from reports.rules.periods import Period
from reports.views.reports import answer, answer_forecast
from reports.words import period_label

METHODS = {
    "weighted": gettext_lazy("Weighted"),
    "commit": gettext_lazy("Won and commit"),
    "best": gettext_lazy("Won, commit and best case"),
    "stage_history": gettext_lazy("By history"),
    "model": gettext_lazy("By model"),
}


@dataclass
class Person:
    """A line of the table by person, with what was said of their period."""

    row: Row
    user: User
    own: ForecastCall | None
    judged: ForecastCall | None
    may_judge: bool
    is_me: bool


@login_required
@require_safe
def forecast(request: HttpRequest) -> HttpResponseBase:
    """The forecast of a month, quarter or year for a team or a person."""
    return answer_forecast(
        request, lambda asked: render(request, "reports/forecast.html", forecast_context(asked))
    )


def forecast_context(asked: Asked) -> dict[str, Any]:
    """All the page shows."""
    table = FORECAST.build(asked)
    period: Period = asked["period"]
    unit = Unit(table.currency, table.approximate)
    totals = table.totals
    weeks = outlook.course(asked, period, unit)
    before = outlook.last_snapshot(asked.today)
    then = next((week for week in reversed(weeks) if before and week.day == before.taken_on), None)
    people = _people(asked, table, period)
    brier, counted = accuracy.model_brier(asked)
    form = asked.form
    form.fields.pop("group", None)
    quota = totals["quota"]
    return {
        "form": form,
        "asked": asked,
        "table": table,
        "period": period,
        "period_words": period_label(period),
        "days_left": max((period.last - asked.today).days, 0),
        "totals": totals,
        "shares": {name: (totals[name] / quota if quota else None) for name in ("closed", "commit", "best")},
        "short": None if quota is None else max(quota - totals["best"], Decimal(0)),
        "short_share": (max(quota - totals["best"], Decimal(0)) / quota) if quota else None,
        "course": _course_chart(weeks, table, unit, asked),
        "weeks": weeks,
        "moves": outlook.moves(asked, before, period) if before else [],
        "before": before,
        "commit_change": totals["commit"] - then.amounts["closed"] - then.amounts["commit_open"]
        if then
        else None,
        "filling": outlook.filling(asked, period),
        **_overdue(asked, period),
        "people": people,
        "judging": any(one.may_judge or one.is_me for one in people),
        "said_in": "" if table.currency == BASE_CURRENCY else BASE_CURRENCY,
        "methods": _methods(asked, table),
        "brier": brier,
        "brier_count": counted,
        "odds": table.extra["odds"],
        "faces": _faces(),
        "as_of": asked.now,
    }


def _overdue(asked: Asked, period: Period) -> dict[str, Any]:
    """How many open deals were expected before the period, and their list."""
    _rows, narrowed = deals_of(asked)
    last = outlook.begins(asked, period) - timedelta(1)
    query = {**narrowed, **COUNTED_QUERY, "expected_close_date_before": last.isoformat()}
    return {"overdue": outlook.overdue(asked, period), "overdue_url": list_of(query)}


def _course_chart(weeks: list[outlook.Week], table: Table, unit: Unit, asked: Asked) -> Chart | None:
    """Won, commit and best case week by week and now, under the target."""
    if not weeks:
        return None
    now = {name: table.totals[name] for name in ("closed", "commit_open", "best_open")}
    past = [week for week in weeks if week.day < asked.today]
    points = [*(week.amounts for week in past), now]
    places = [*(f"{week.day.month}/{week.day.day}" for week in past), _("Now")]
    parts = (("closed", "ok"), ("commit_open", "brand"), ("best_open", "tint"))
    series = [
        Series(str(table.column(key).label), colour, [one[key] for one in points]) for key, colour in parts
    ]
    quota = table.totals["quota"]
    column = Column("amount", "", MONEY)
    return Chart(
        places, series, column, unit.currency, unit.approximate, upwards=True, target=[quota] * len(points)
    )


def _people(asked: Asked, table: Table, period: Period) -> list[Person]:
    """The table's people, with what they and their managers said."""
    users = visible(User, asked.user).in_bulk([row.id for row in table.rows if row.id])
    said = outlook.calls(asked.user, period, list(users))
    found = []
    for row in table.rows:
        if (user := users.get(row.id)) is None:
            continue
        calls = said.get(user.pk, {})
        found.append(
            Person(
                row,
                user,
                calls.get(ForecastCall.Kind.OWN),
                calls.get(ForecastCall.Kind.MANAGER),
                user.is_active and may_set_for(asked.user, user, ForecastCall),
                user.pk == asked.user.pk,
            )
        )
    return found


def _methods(asked: Asked, table: Table) -> list[dict[str, Any]]:
    """Each method's number of now beside how well it said it before."""
    known = {one.method: one for one in accuracy.accuracy(asked)}
    return [
        {
            "label": label,
            "value": table.totals[method],
            "accuracy": known[method] if known[method].pairs else None,
        }
        for method, label in METHODS.items()
    ]


def _faces() -> list[tuple[str, str, str]]:
    """The other faces of the deals: board and list, where they are."""
    found = []
    for name, label, icon in (
        ("opportunity_board", _("Board"), "layout-kanban"),
        ("opportunity_list", _("List"), "list"),
    ):
        try:
            found.append((reverse(name), label, icon))
        except NoReverseMatch:
            continue
    return found


@login_required
@require_POST
def forecast_call(request: HttpRequest) -> HttpResponseBase:
    """Keep what was said of people's periods: one's own word and a manager's judgements, those that changed."""
    return answer(
        request, FORECAST.slug, _asked_for(request.POST), lambda asked: _keep_calls(request, asked["period"])
    )


def _keep_calls(request: HttpRequest, period: Period) -> HttpResponse:
    kept, wrong = 0, []
    people = visible(User, request.user).filter(is_active=True)
    wanted = {name: value for name, value in request.POST.items() if name.startswith("call_")}
    users = people.in_bulk(
        [int(pk) for name in wanted if (pk := name.removeprefix("call_")).isdecimal()][:500]
    )
    said = outlook.calls(request.user, period, list(users))
    for user in users.values():
        text = wanted[f"call_{user.pk}"].strip()
        kind = ForecastCall.Kind.OWN if user.pk == request.user.pk else ForecastCall.Kind.MANAGER
        if kind == ForecastCall.Kind.MANAGER and not may_set_for(request.user, user, ForecastCall):
            raise PermissionDenied
        if not text:
            continue
        try:
            amount = parse_amount(text)
            there = said.get(user.pk, {}).get(kind)
            if there is None or there.amount != amount:
                services.call_forecast(user, period, amount, actor=actor_of(request), kind=kind)
                kept += 1
        except (AmountError, RuleBroken) as error:
            wrong.append(f"{user.name}: {getattr(error, 'message', error)}")
    for text in wrong:
        messages.error(request, text)
    if kept:
        messages.success(
            request,
            ngettext("%(count)d judgement kept.", "%(count)d judgements kept.", kept) % {"count": kept},
        )
    query = _asked_for(request.POST)
    return redirect(f"{reverse('forecast')}?{query.urlencode()}")


def _asked_for(sent: QueryDict) -> QueryDict:
    """The page's own parameters out of what was sent."""
    query = QueryDict(mutable=True)
    for name in ("period", "owner", "team", "pipeline"):
        if sent.get(name):
            query[name] = sent[name]
    return query
