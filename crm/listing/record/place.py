"""Where a record stands in the list one came from: "11 / 42", the one before and the one after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from django.http import Http404, HttpRequest, QueryDict

from crm.listing import keyset
from crm.listing.selection import BadQuery, find_view, select

if TYPE_CHECKING:
    from crm.listing.declare import ListPage

MOST_COUNTED = 2000


@dataclass(frozen=True)
class ListLink:
    """The list a record was opened from: its query, its address, its name."""

    query: str
    url: str
    label: str

    @property
    def suffix(self) -> str:
        """What links to other records carry, so that they stay in the list."""
        return f"?{urlencode({'list': self.query})}" if self.query else ""


@dataclass(frozen=True)
class Place:
    """A position in a list; `total` is capped, so that nobody waits for a number."""

    number: int | None
    total: str
    previous: Any
    next: Any


def list_of(request: HttpRequest, listing: ListPage) -> ListLink:
    """The list one came from: named in the address, or the page one was on before."""
    query = request.GET.get("list")
    url = listing.url("list")
    if query is None:
        before = (
            urlsplit(request.htmx.current_url or "")
            if request.htmx
            else urlsplit(request.headers.get("Referer", ""))
        )
        query = before.query if before.path == url else ""
    asked = QueryDict(query[:1000])
    kept = QueryDict(mutable=True)
    for name, values in asked.lists():
        if name not in ("cursor", "export", "list"):
            kept.setlist(name, values)
    query = kept.urlencode()
    return ListLink(query, f"{url}?{query}" if query else url, _view_label(request, listing, kept))


def _view_label(request: HttpRequest, listing: ListPage, query: QueryDict) -> str:
    try:
        view = find_view(listing, request.user, query.get("view", ""))
    except Http404:
        view = None
    if view is None:
        return ""
    return str(getattr(view, "label", None) or getattr(view, "name", ""))


def place_in_list(request: HttpRequest, listing: ListPage, record: Any) -> Place | None:
    """The record's place, or None where the list it was opened from does not hold it (any more)."""
    query = QueryDict(list_of(request, listing).query)
    try:
        selection = select(listing, request.user, query)
    except (BadQuery, Http404):
        return None
    rows, pieces = selection.in_reach()
    keyed = keyset.keyed(rows, selection.order)
    mine = keyed.filter(pk=record.pk).values_list("_key", "pk").first()
    if mine is None:
        return None
    here = keyset.Cursor(str(selection.order), *mine)
    back = keyset.Cursor(str(selection.order), *mine, backwards=True)
    after = keyset.walk(keyed, selection.order, size=1, cursor=here, branches=pieces).ids
    before = keyset.walk(keyed, selection.order, size=MOST_COUNTED, cursor=back, branches=pieces).ids
    total = keyset.capped_count(rows, pieces)
    words = f"{keyset.COUNT_CAP:,}+" if total > keyset.COUNT_CAP else f"{total:,}"
    number = len(before) + 1 if len(before) < MOST_COUNTED else None
    by_id = {r.pk: r for r in listing.queryset().filter(pk__in=[*after, *before[-1:]])}
    return Place(
        number,
        words,
        by_id.get(before[-1]) if before else None,
        by_id.get(after[0]) if after else None,
    )
