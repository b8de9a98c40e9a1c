"""The command palette: records of every kind and what one can do, found as one types."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from crm.console.actions import actions_for
from crm.listing.palette import find
from crm.listing.selection import MAX_QUERY

ONLY_ACTIONS = ">"


@login_required
@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """The hits for what was typed so far; a page without scripts gets the search page instead."""
    typed = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY]
    if not request.htmx:
        return redirect(f"{reverse('search')}?{urlencode({'q': typed})}")
    everything = typed.startswith((ONLY_ACTIONS, "》"))
    text = typed[1:].strip() if everything else typed
    kind = request.GET.get("kind", "")
    groups = find(request.user, text, only=kind) if text and not everything else []
    hits = [hit for _listing, found in groups for hit in found]
    context = {
        "text": text,
        "groups": groups,
        "actions": [] if kind else actions_for(request, text, hits, everything=everything),
        "everything": everything,
    }
    return render(request, "console/_palette.html", context)
