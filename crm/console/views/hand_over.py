"""Handing over what somebody held: who would take what, and the list of what was taken (交接清单)."""

from itertools import groupby

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_GET, require_POST

from crm.console import queries
from crm.console.forms.members import LeaveForm
from crm.console.views.guards import administrators_only
from crm.identity import services
from crm.identity.access import get_visible_or_404, visible
from crm.identity.models import HandOver, Team, User
from crm.identity.queries import company


@administrators_only
@require_POST
def member_leave_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Who would take how much, before anything is done."""
    member = get_visible_or_404(User, request.user, pk, "change")
    kinds = queries.held_kinds(member)
    form = LeaveForm(request.POST, user=request.user, leaver=member, kinds=kinds)
    parts = services.plan_hand_over(member, form.heirs()) if form.is_valid() else []
    context = {
        "parts": [(capfirst(str(part.model._meta.verbose_name_plural)), part) for part in parts],
        "led": list(visible(Team, request.user).filter(leader=member)),
        "waiting": bool(kinds) and not parts,
    }
    return render(request, "settings/_leave_preview.html", context)


@administrators_only
@require_GET
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """The list of what somebody handed over, to be printed and signed."""
    made = get_visible_or_404(HandOver, request.user, pk)
    groups = [
        (capfirst(str(apps.get_model(label)._meta.verbose_name_plural)), list(items))
        for label, items in groupby(made.items.order_by("id"), key=lambda item: item.model)
    ]
    context = {
        "hand_over": made,
        "groups": groups,
        "company_name": str(company()),
        "printed_at": timezone.localtime().strftime("%Y-%m-%d %H:%M"),
    }
    return render(request, "settings/hand_over.html", context)
