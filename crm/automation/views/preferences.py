"""How and when one wants to be told, and leaving a kind of mail by the link in it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm.automation import kinds, queries, services
from crm.automation.forms import PreferencesForm, RhythmForm
from crm.core.writes import RuleBroken


@login_required
@require_http_methods(["GET", "POST"])
def notification_preferences(request: HttpRequest) -> HttpResponse:
    """How one wants to hear of each kind of news, and when."""
    form = PreferencesForm(request.POST or None, preferences=queries.preferences(request.user))
    rhythm = RhythmForm(request.POST or None, rhythm=queries.rhythm(request.user))
    if request.method == "POST" and form.is_valid() and rhythm.is_valid():
        try:
            services.save_rhythm(request.user, **rhythm.cleaned_data)
        except RuleBroken as error:
            rhythm.add_rule(error)
        else:
            services.save_preferences(request.user, form.ways())
            messages.success(request, _("Saved"))
            return redirect("notification_preferences")
    context = {"form": form, "rhythm": rhythm}
    status = 422 if rhythm.errors else 200
    return render(request, "automation/notification_preferences.html", context, status=status)


@csrf_exempt  # mail programs send it for their reader (RFC 8058); the token in the address says who and what
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Leave one kind of mail: asked first in the browser, at once by a mail program."""
    found = services.read_token(token)
    if found is None:
        raise Http404
    user, kind = found
    if request.method == "POST":
        services.unsubscribe(user, kind)
    context = {"label": kinds.KINDS[kind].label, "done": request.method == "POST"}
    return render(request, "automation/unsubscribe.html", context)
