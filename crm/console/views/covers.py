"""Being away: who works with one's records meanwhile."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.console.forms.me import CoverForm
from crm.core.clock import company_today
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import queries, services
from crm.identity.access import is_administrator
from crm.listing.once import once


@login_required
@require_http_methods(["GET", "POST"])
@once
def covers(request: HttpRequest) -> HttpResponse:
    """Who covers for one, and for whom one covers; administrators set covers for everybody."""
    user = request.user
    form = CoverForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        away = values.pop("away", None) or user
        try:
            services.set_cover(away, actor=actor_of(request), **values)
        except RuleBroken as error:
            form.add_rule(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("covers")
    rows = queries.covers(user, of_everybody=is_administrator(user)).filter(last_date__gte=company_today())
    context = {"form": form, "covers": rows}
    return render(request, "settings/covers.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def cover_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a cover early: who is away, who covers, and administrators may."""
    rows = queries.covers(request.user, of_everybody=is_administrator(request.user))
    services.end_cover(get_object_or_404(rows, pk=pk), actor=actor_of(request))
    messages.success(request, _("The cover has ended."))
    return redirect("covers")
