"""The bell: what somebody should know."""

import json

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.automation import queries, services

PAGE = 30


@login_required
@require_GET
def notification_list(request: HttpRequest) -> HttpResponse:
    """The bell: everything somebody should know, newest first."""
    return render(request, "automation/notification_list.html", _bell(request))


@login_required
@require_POST
def notification_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Go where a notification points; it counts as read from then on."""
    note = get_object_or_404(queries.notifications(request.user), pk=pk)
    services.mark_read(request.user, [note.pk])
    safe = url_has_allowed_host_and_scheme(note.url, allowed_hosts=None)
    return redirect(note.url if note.url and safe else "notification_list")


@login_required
@require_POST
def notification_read(request: HttpRequest) -> HttpResponse:
    """Mark one notification (`id`), with `undo` as unread again, or without an id all of them as read."""
    pk = request.POST.get("id", "")
    toast = {}
    if pk:
        known = pk.isdecimal() and len(pk) < 19
        note = get_object_or_404(queries.notifications(request.user), pk=pk if known else None)
        mark = services.mark_unread if request.POST.get("undo") else services.mark_read
        mark(request.user, [note.pk])
    else:
        services.mark_all_read(request.user)
        toast = {"toast": {"text": _("All read"), "kind": "ok"}}
    if not request.htmx:
        return redirect("notification_list")
    response = render(request, "automation/_notifications.html", _bell(request))
    if toast:
        response["HX-Trigger"] = json.dumps(toast)
    return response


def _bell(request: HttpRequest) -> dict[str, object]:
    before = request.GET.get("before", "")
    rows = queries.notifications(request.user)
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: PAGE + 1])
    older = f"{reverse('notification_list')}?before={found[PAGE - 1].pk}" if len(found) > PAGE else ""
    return {"notifications": found[:PAGE], "older": older, "unread": queries.unread_count(request.user)}
