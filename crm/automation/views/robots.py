"""The robots of group chats: administrators manage all of them, a team's leader those of the team."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.automation import services
from crm.automation.forms import RobotForm
from crm.automation.queries import robots as queries
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.listing.once import once

View = Callable[..., HttpResponse]


def managers_only(view: View) -> View:
    """Sign-in first, then 403 for everybody who neither administers nor leads a team."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not queries.manages(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@managers_only
@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    """The robots somebody manages."""
    return render(request, "automation/robots.html", {"robots": queries.robots(request.user)})


@managers_only
@require_http_methods(["GET", "POST"])
@once
def robot_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make a robot, or change one."""
    robot = get_object_or_404(queries.robots(request.user), pk=pk) if pk else None
    form = RobotForm(request.POST or None, user=request.user, robot=robot)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_robot(robot, by=request.user, actor=actor_of(request), **form.cleaned_data)
        except RuleBroken as error:
            form.add_rule(error)
        else:
            messages.success(request, _("Saved. Try it out now."))
            return redirect("robots")
    context = {"form": form, "robot": robot}
    return render(request, "automation/robot_form.html", context, status=422 if form.errors else 200)


@managers_only
@require_POST
def robot_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a robot say one sentence; only whether it arrived is told, nothing of the answer."""
    robot = get_object_or_404(queries.robots(request.user), pk=pk)
    if services.try_robot(robot, actor=actor_of(request)):
        messages.success(request, _("The message arrived in the group."))
    else:
        messages.error(request, _("The message did not arrive. Check address and secret."))
    return redirect("robots")


@managers_only
@require_POST
def robot_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a robot away."""
    services.delete_robot(get_object_or_404(queries.robots(request.user), pk=pk), actor=actor_of(request))
    messages.success(request, _("Deleted."))
    return redirect("robots")
