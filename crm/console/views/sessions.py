"""The devices one is signed in on, and signing out on them from here."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.console.views.guards import administrators_only
from crm.console.views.organisation import place
from crm.console.views.panels import done
from crm.events.actor import actor_of
from crm.identity import services
from crm.identity.access import get_visible_or_404, visible
from crm.identity.models import User, UserSession


@login_required
@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    """Where one is signed in, this device first."""
    rows = list(visible(UserSession, request.user))
    rows.sort(key=lambda row: row.session_key != request.session.session_key)
    context = {"sessions": rows, "current": request.session.session_key}
    return render(request, "settings/sessions.html", context)


@login_required
@require_POST
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out on one device."""
    row = get_visible_or_404(UserSession, request.user, pk)
    services.end_sessions(request.user, only=row, actor=actor_of(request))
    messages.success(request, _("Signed out on that device."))
    return redirect("settings_sessions")


@login_required
@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    keep = request.session.session_key or ""
    services.end_sessions(request.user, keep=keep, actor=actor_of(request))
    messages.success(request, _("Signed out on all other devices."))
    return redirect("settings_sessions")


@administrators_only
@require_POST
def member_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign somebody out on all their devices."""
    member = get_visible_or_404(User, request.user, pk, "change")
    services.end_sessions(member, actor=actor_of(request))
    messages.success(request, _("%(name)s is signed out everywhere.") % {"name": member})
    return done(request, place(member.team, member))
