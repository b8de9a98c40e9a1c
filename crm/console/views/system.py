"""The administrators' page on how the installation fares."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.automation import services
from crm.console.queries import system as queries
from crm.console.views.guards import administrators_only
from crm.core.writes import RuleBroken
from crm.events import delivery, tasks
from crm.events.actor import actor_of
from crm.listing.tasks import run_bulk_job
from crm.records.services import jobs

RETRIES = {
    "delivery": (delivery.try_again, lambda _pk: tasks.wake(tasks.deliver_events)),
    "email": (services.resend, lambda _pk: None),  # wakes the sender itself
    "robot": (services.retry_message, lambda _pk: None),
    "job": (jobs.retry, lambda pk: tasks.wake(run_bulk_job, pk)),
}


@administrators_only
@require_safe
def system(request: HttpRequest) -> HttpResponse:
    """Parts, queues, last runs, failures, storage."""
    context = {
        "parts": queries.parts(),
        "waiting": queries.waiting(),
        "tasks": queries.tasks(),
        "failures": queries.failures(),
        "storage": queries.storage(),
    }
    return render(request, "settings/system.html", context)


@administrators_only
@require_POST
def system_retry(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Let something that was given up be tried again."""
    failed = queries.find(kind, pk)
    if failed is None:
        raise Http404
    retry, wake = RETRIES[kind]
    try:
        retry(failed, actor=actor_of(request))
    except RuleBroken as error:
        messages.error(request, str(error))
    else:
        wake(pk)
        messages.success(request, _("It is being tried again."))
    return redirect("system")
