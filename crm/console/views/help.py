"""Help: what a page is for, beside it; and the user guide."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from crm.console import guide as guides
from crm.console.help import template_of


@login_required
@require_safe
def help_panel(request: HttpRequest, page: str) -> HttpResponse:
    """What a page is for, the three things one does there, its keys; in the drawer, or as a page."""
    context = {"topic": render_to_string(template_of(page), {}, request), "page": page}
    return render(request, "help/_drawer.html" if request.htmx else "help/_page.html", context)


@login_required
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The whole user guide."""
    return render(request, "help/_guide.html", {"sections": guides.guide(get_language() or "en")})
