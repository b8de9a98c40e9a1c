"""How the pages of follow-ups answer: a toast with Undo, and the parts of the page that have to be read anew."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import Activity
from crm.listing.answers import triggers


def answered(request: HttpRequest, activity: Activity, text: str, *, undo_url: str = "") -> HttpResponse:
    """It is done: say so and renew the page's parts, or without JavaScript go back to where one came from."""
    if request.htmx:
        headers = {"HX-Trigger": triggers(text, undo_url=undo_url), "HX-Reswap": "none"}
        return HttpResponse(status=200, headers=headers)
    messages.success(request, text)
    return redirect(back_of(request, activity))


def back_of(request: HttpRequest, activity: Activity | None = None) -> str:
    """Where to go without JavaScript: the address named by the form, else what it is about, else Today."""
    wanted = request.POST.get("next", "") or request.GET.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    if activity is not None and activity.with_whom is not None:
        return activity.with_whom.get_absolute_url()
    return "/"
