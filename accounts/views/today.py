"""Today: what to do now, and for those who lead people, how the team is doing."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.listings import CUSTOMERS
from accounts.models import Activity, Customer
from accounts.queries import today as queries
from accounts.queries.activities import dress, may_write, reads_others
from accounts.queries.neglect import neglected
from crm.approvals.models import ApprovalRequest
from crm.approvals.queries import waiting_summary
from crm.console.queries import greeting_for
from crm.core.hooks import hooks
from crm.identity import access
from crm.listing.selection import select

LATEST = 8  # customers that changed last, for those without follow-ups
TABS = ("today", "week", "given")


@login_required
@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """The follow-up list with own numbers and neglected customers; `part` asks for one region anew."""
    part = request.GET.get("part", "")
    who = queries.whose(request.user, team=_team_wanted(request))
    context: dict[str, Any] = {"who": who, "leads": queries.leads(request.user), "tab": _tab(request)}
    reads = access.has_verb(request.user, "view", Activity)
    context["reads"] = reads
    if part == "numbers":
        return render(request, "today/_numbers.html", context | _numbers(who, reads))
    if part == "list":
        return render(request, "today/_follow_ups.html", context | _list(request, who, reads))
    context |= _numbers(who, reads) | _list(request, who, reads) | _aside(request, who, reads)
    loaded = [(panel.template, panel.load(who)) for panel in hooks.panels_of("today.side")]
    context["sides"] = [{"template": template, **one} for template, one in loaded if one is not None]
    context["greeting"] = greeting(request)
    context["welcome"] = greeting_for(request.user)
    context["now"] = timezone.now()
    context["heads"] = _panels("today.head", who)
    if access.has_verb(request.user, "approve", ApprovalRequest):
        context["approvals"] = waiting_summary(request.user)
    return render(request, "today/today.html", context)


def _tab(request: HttpRequest) -> str:
    tab = request.GET.get("tab", "")
    return tab if tab in TABS else "today"


def _team_wanted(request: HttpRequest) -> bool:
    """Those who lead people see the team first; the switch decides otherwise."""
    wanted = request.GET.get("who", "")
    if wanted in ("mine", "team"):
        return wanted == "team"
    return queries.leads(request.user)


def _numbers(who: queries.Whose, reads: bool) -> dict[str, Any]:
    """One's own tiles, and those of other modules (panels of the slot "today.tiles")."""
    if not reads:
        return {"numbers": None}
    return {"numbers": queries.numbers(who), "tiles": _panels("today.tiles", who)}


def _panels(slot: str, who: queries.Whose) -> list[dict[str, Any]]:
    """What other modules show on Today: the template of each with its context."""
    loaded = [(panel.template, panel.load(who)) for panel in hooks.panels_of(slot)]
    return [{"template": template, **context} for template, context in loaded if context is not None]


def _list(request: HttpRequest, who: queries.Whose, reads: bool) -> dict[str, Any]:
    if not reads:
        return {"groups": [], "tab_counts": {}, "team_rows": []}
    if who.team and _tab(request) != "given":
        rows = queries.team_rows(who)
        most = max((row.this_week for row in rows), default=0)
        return {"team_rows": rows, "team_most": most, "tab_counts": queries.tab_counts(who)}
    groups = queries.follow_ups(who, _tab(request))
    dress(request.user, [row for group in groups for row in group.rows])
    return {"groups": groups, "tab_counts": queries.tab_counts(who)}


def _aside(request: HttpRequest, who: queries.Whose, reads: bool) -> dict[str, Any]:
    if not access.has_verb(request.user, "view", Customer):
        return {}
    if not reads:  # nobody waits for their follow-ups: what others did is their news
        return {"latest": select(CUSTOMERS, request.user, QueryDict("")).page(size=LATEST).records}
    if not reads_others(request.user):  # they cannot tell who is neglected
        return {}
    rows, total = neglected(who.customers())
    return {"neglected": rows, "neglected_total": total, "may_write": may_write(request.user)}


def greeting(request: HttpRequest) -> str:
    """Good morning, by the person's own clock."""
    name = request.user.get_short_name() or request.user.username
    hour = timezone.localtime().hour
    if hour < 5 or hour >= 18:
        return _("Good evening, %(name)s") % {"name": name}
    if hour < 12:
        return _("Good morning, %(name)s") % {"name": name}
    return _("Good afternoon, %(name)s") % {"name": name}
