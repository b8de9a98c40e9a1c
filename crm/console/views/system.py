"""The administrators' page on how the installation fares."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.console import given_up
from crm.console.queries import system as queries
from crm.console.views.guards import administrators_only
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of


@administrators_only
@require_safe
def system(request: HttpRequest) -> HttpResponse:
    """Parts, queues, last runs, failures, storage."""
    context = {
        "parts": queries.parts(),
        "waiting": queries.waiting(),
        "tasks": queries.tasks(),
        "failures": given_up.failures(),
        "storage": queries.storage(),
    }
    return render(request, "settings/system.html", context)


@administrators_only
@require_POST
def system_retry(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Let something that was given up be tried again."""
    failed = given_up.find(kind, pk)
    if failed is None:
        raise Http404
    work = given_up.KINDS[kind]
    try:
        work.retry(failed, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
    else:
        if work.wake is not None:
            work.wake(pk)
        messages.success(request, _("It is being tried again."))
    return redirect("system")
