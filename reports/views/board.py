"""The bar of the target over the board of opportunities (picture 04)."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.identity import access
from reports.queries.board import target_of
from reports.words import period_label
from sales.models import Opportunity


@login_required
@require_safe
def board_target(request: HttpRequest) -> HttpResponse:
    """How far this quarter's target is reached, as a part of the board; empty where none is set."""
    access.require_verb(request.user, "view", Opportunity)
    target = target_of(request.user, request.GET)
    words = period_label(target.period) if target else ""
    return render(request, "reports/_board_target.html", {"target": target, "period_words": words})
