"""The tour and the first steps of somebody new: what they answer to it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from crm.console import services

ANSWERS = {"end": services.end_tour, "again": services.restart_tour, "hide": services.hide_first_steps}


@require_POST
@login_required
def welcome(request: HttpRequest) -> HttpResponse:
    """Keep the step of the tour, end it, begin it again, or take the first steps off Today."""
    answer, step = request.POST.get("answer", ""), request.POST.get("step", "")
    if answer in ANSWERS:
        ANSWERS[answer](request.user)
    elif step.isdecimal() and len(step) < 4:
        services.keep_tour_step(request.user, int(step))
    if request.htmx or request.headers.get("Accept") == "application/json":
        return HttpResponse(status=204)
    return redirect("today")
