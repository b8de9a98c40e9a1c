"""Targets entered for a year at once: people and teams down, months across."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from crm.core.amounts import AmountError, parse_amount
from crm.core.clock import company_today
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity.access import require_verb, visible
from crm.identity.models import Team, User
from reports import services
from reports.models import Metric, Quota
from reports.queries.reach import sellers
from reports.queries.targets import quota_rows
from reports.rules.periods import MONTH, Period
from reports.services.quotas import Wish
from reports.words import short_label

YEARS_AHEAD = 1


@dataclass
class Line:
    """A person or a team with a field for each month."""

    key: str
    who: User | Team
    cells: list[dict[str, Any]]
    total: Decimal | None


@login_required
@require_http_methods(["GET", "POST"])
def quota_enter(request: HttpRequest) -> HttpResponse:
    """The sheet of one year's targets; what is emptied is taken away, what is unchanged is left alone."""
    require_verb(request.user, "change", Quota)
    year = _year(request.GET.get("year") or request.POST.get("year", ""))
    metric = request.GET.get("metric") or request.POST.get("metric", "")
    metric = metric if metric in Metric.values else str(Metric.WON_VALUE)
    whole = Period(date(year, 1, 1), "year")
    months = list(whole.parts(MONTH))
    people = {f"u{one.pk}": one for one in sellers(request.user)}
    teams = {f"t{one.pk}": one for one in _teams(request.user)}
    errors: dict[str, str] = {}
    if request.method == "POST":
        wishes = list(_wishes(request, months, people | teams, errors))
        if not errors:
            try:
                changed = services.enter_quotas(wishes, metric=metric, actor=actor_of(request))
            except RuleBroken as error:
                messages.error(request, str(error))
            else:
                text = ngettext("%(count)d target changed.", "%(count)d targets changed.", changed)
                messages.success(request, text % {"count": changed} if changed else _("Nothing has changed."))
                return redirect(f"{reverse('quota_enter')}?year={year}&metric={metric}")
    rows = [one for one in quota_rows(request.user, whole, metric) if one.kind == MONTH]
    there = {(f"u{one.user_id}" if one.user_id else f"t{one.team_id}", one.first): one.amount for one in rows}
    typed = request.POST if request.method == "POST" else {}
    context = {
        "year": year,
        "years": [company_today().year + step for step in (YEARS_AHEAD, 0, -1, -2)],
        "metric": metric,
        "metrics": Metric.choices,
        "months": [short_label(one) for one in months],
        "people": [_line(key, one, months, there, typed, errors) for key, one in people.items()],
        "teams": [_line(key, one, months, there, typed, errors) for key, one in teams.items()],
        "errors": errors,
    }
    return render(request, "reports/quota_enter.html", context, status=422 if errors else 200)


def _year(text: str) -> int:
    today = company_today().year
    return (
        int(text)
        if text.isdecimal() and today - 10 <= int(text[:4]) <= today + YEARS_AHEAD and len(text) == 4
        else today
    )


def _teams(user: User) -> list[Team]:
    """The teams whose own target somebody may set: those with sellers among the ones within reach."""
    return list(visible(Team, user).filter(is_active=True, pk__in=sellers(user).values("team")))


def _wishes(
    request: HttpRequest, months: list[Period], lines: dict[str, User | Team], errors: dict[str, str]
) -> Iterator[Wish]:
    """What the sheet says, cell by cell; cells that are no amount are named."""
    for key, who in lines.items():
        for month in months:
            name = f"{key}_{month.key}"
            if name not in request.POST:
                continue
            text = request.POST[name].strip()
            try:
                amount = parse_amount(text) if text else None
                if amount is not None and amount < 0:
                    raise AmountError("invalid")
            except AmountError as error:
                errors[name] = error.message
                continue
            owner = {"user": who} if isinstance(who, User) else {"team": who}
            yield Wish(month, amount, **owner)


def _line(
    key: str,
    who: User | Team,
    months: list[Period],
    there: dict[tuple[str, date], Decimal],
    typed: Any,
    errors: dict[str, str],
) -> Line:
    cells = []
    for month in months:
        name = f"{key}_{month.key}"
        amount = there.get((key, month.first))
        shown = "" if amount is None else f"{amount:.2f}".removesuffix(".00")
        cells.append(
            {
                "name": name,
                "value": typed.get(name, shown),
                "error": errors.get(name),
                "month": short_label(month),
            }
        )
    amounts = [amount for month in months if (amount := there.get((key, month.first))) is not None]
    return Line(key, who, cells, sum(amounts, Decimal(0)) if amounts else None)
