"""Search over everything a person may open: the first hits of every registered list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.core.hooks import hooks
from crm.listing.columns import link_of, reach
from crm.listing.selection import MAX_QUERY, BadQuery, select

if TYPE_CHECKING:
    from crm.identity.models import User
    from crm.listing.declare import ListPage

HITS = 5


@dataclass(frozen=True)
class Hit:
    url: str
    text: str
    note: str


@dataclass(frozen=True)
class Group:
    """The first hits of one list, and where the rest is."""

    listing: ListPage
    hits: list[Hit]
    more: bool
    url: str


@login_required
@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """The search page; htmx (the box in the top bar) gets the hits alone."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY]
    context = {"query": text, "groups": list(search_all(request.user, text)) if text else []}
    partial = bool(request.htmx) and not request.htmx.boosted
    return render(request, "listing/_search.html" if partial else "listing/search.html", context)


def search_all(user: User, text: str) -> Iterator[Group]:
    """For each list its first hits, most recently changed first; one the person may not open has none."""
    for listing in hooks.list_pages.values():
        if not (listing.in_search and listing.searchable):
            continue
        query = QueryDict(mutable=True)
        query["q"] = text
        try:
            page = select(listing, user, query).page(size=HITS)
        except BadQuery:
            continue
        if page.records:
            url = f"{listing.url()}?{urlencode({'q': text})}"
            yield Group(
                listing, [_hit(listing, record) for record in page.records], page.slice.next is not None, url
            )


def _hit(listing: ListPage, record: Any) -> Hit:
    url = link_of(record)
    note = reach(record, listing.search_note) if listing.search_note else ""
    return Hit(url, str(record), str(note or ""))
