"""The views one pinned in the sidebar: their numbers, swapped in after the page, and their order."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from crm.identity.access import has_verb
from crm.identity.models import User
from crm.listing.declare import ListPage
from crm.listing.pages import words_of
from crm.listing.registry import page_of_key
from crm.listing.selection import BadQuery, select
from crm.records.models import SavedView
from crm.records.queries import pinned_views
from crm.records.services.saved_views import reorder

MOST = 20  # pinned views that are counted


def pinned_of(user: User) -> list[tuple[SavedView, ListPage]]:
    """The views somebody pinned, in their order, each with its list: of lists they may still open."""
    found = ((view, page_of_key(view.listing)) for view in pinned_views(user))
    return [(view, page) for view, page in found if page is not None and has_verb(user, "view", page.model)]


@login_required
@require_safe
def pinned_counts(request: HttpRequest) -> HttpResponse:
    """The size of each pinned view."""
    views = [(view.pk, _count(request.user, view, page)) for view, page in pinned_of(request.user)[:MOST]]
    return render(request, "listing/_pinned_counts.html", {"views": views})


@require_POST
@login_required
def pinned_arrange(request: HttpRequest) -> HttpResponse:
    """Put the pinned views into the order somebody dragged them to."""
    mine = {view.pk for view in pinned_views(request.user)}
    asked = [int(pk) for pk in request.POST.getlist("id")[:MOST] if pk.isdecimal() and len(pk) < 19]
    reorder(request.user, [pk for pk in dict.fromkeys(asked) if pk in mine])
    return HttpResponse(status=204)


def _count(user: User, view: SavedView, listing: ListPage) -> str:
    """Empty where the list no longer understands the view."""
    try:
        return words_of(select(listing, user, QueryDict(f"view={view.key}")).count())
    except (BadQuery, Http404):
        return ""
