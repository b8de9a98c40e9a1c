"""The recommended next steps: as a part of Today, as a page, put off or planned with one click."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.queries.today import Whose, leads, whose
from crm.core.formats import relative_day
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.listing.answers import done, refused
from sales import services
from sales.pages.next_actions import SHOWN, rows_of, today_side, words_of
from sales.queries.next_actions import MOST, recommended

LATERS = (
    ("tomorrow", gettext_lazy("Not before tomorrow")),
    ("monday", gettext_lazy("Not before next Monday")),
    ("never", gettext_lazy("Not again")),
)


@login_required
@require_GET
def next_actions(request: HttpRequest) -> HttpResponse:
    """What somebody had best do next: the first few as a part of Today, all of them as a page."""
    who = _who(request)
    rows = rows_of(who, SHOWN + 1 if request.htmx else MOST)
    context: dict[str, Any] = {
        "rows": rows[:SHOWN] if request.htmx else rows,
        "more": bool(request.htmx) and len(rows) > SHOWN,
        "who": who,
        "leads": leads(request.user),
        "here": request.get_full_path(),
        "laters": LATERS,
    }
    return render(request, "sales/_next_actions.html" if request.htmx else "sales/next_actions.html", context)


@login_required
@require_POST
def next_action_snooze(request: HttpRequest) -> HttpResponse:
    """Do not see one of them again before a day."""
    found = _found(request)
    try:
        services.snooze_action(found.action.name, user=request.user, until=request.POST.get("until", ""))
    except RuleBroken as error:
        return refused(request, reverse("next_actions"), str(error))
    return done(request, reverse("next_actions"), _("Put off."))


@login_required
@require_POST
def next_action_plan(request: HttpRequest) -> HttpResponse:
    """Plan one of them for the next working day, with one click."""
    found = _found(request)
    row = words_of(found, request.user)
    try:
        planned = services.plan_action(
            found.record, key=found.action.name, what=row.what, user=request.user, actor=actor_of(request)
        )
    except RuleBroken as error:
        return refused(request, reverse("next_actions"), str(error))
    text = _("%(what)s: planned for %(day)s") % {"what": row.what, "day": relative_day(planned.due_at)}
    return done(
        request, reverse("next_actions"), text, undo_url=reverse("activity_cancel", args=[planned.pk])
    )


def _who(request: HttpRequest) -> Whose:
    """Whose records are looked at; for whom leads and deals are no business there is nothing here."""
    who = whose(request.user, team=request.GET.get("who", "") == "team")
    if today_side(who) is None:
        raise PermissionDenied
    return who


def _found(request: HttpRequest) -> Any:
    """The step of the form, if it is recommended to the person now: one's own or one's team's."""
    key = request.POST.get("key", "")
    for team in (False, True):
        who = whose(request.user, team=team)
        if today_side(who) is None:
            raise PermissionDenied
        for one in recommended(who, MOST):
            if one.action.name == key:
                return one
    raise Http404
