"""Which rows: visible → filter → search → order → page. Every door to a list goes through here.

The page, its counts, its export, its bulk verbs, the choices of a form field and the API resource read the same
query parameters with the same rules, so that they can only ever speak of the same set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q, QuerySet
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from crm.events.models import Event
from crm.identity import access, fields
from crm.identity.pooled import hushed_q
from crm.listing import keyset
from crm.listing.columns import Column
from crm.listing.filters import Chip, Filters, is_set
from crm.records import searchable
from crm.records.models import SavedView
from crm.records.queries import saved_view
from crm.records.sound import heard_q

if TYPE_CHECKING:
    from crm.identity.models import User
    from crm.listing.declare import ListPage, View

CONTROL = {
    "q",
    "sort",
    "cursor",
    "view",
    "page_size",
    "export",
}  # parameters of every list beside its filters
MERGED = 8  # branches; more are one OR
MAX_QUERY = 200  # characters of a text search
MOST_A_PAGE = 200


class BadQuery(Exception):
    """The query asks for something this list does not know; `errors` says what, by parameter."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(texts)}" for name, texts in errors.items()))
        self.errors = {name: [str(text) for text in texts] for name, texts in errors.items()}


@dataclass(frozen=True)
class Page:
    """One page of records with its place in the list."""

    records: list[Any]
    slice: keyset.Slice

    @property
    def first(self) -> int:
        return self.slice.start

    @property
    def last(self) -> int:
        return self.slice.start + len(self.records) - 1

    @property
    def known_total(self) -> int | None:
        """The size of the list where the page shows all of it."""
        return len(self.records) if self.slice.whole else None


@dataclass
class Selection:
    """A list as one person asked for it."""

    listing: ListPage
    user: User
    query: QueryDict  # the view's parameters with the address's on top
    filterset: Filters
    order: keyset.Order
    sort: str
    view: View | SavedView | None = None
    extra: Q = field(default_factory=Q)
    prefetch: Sequence[str] | None = None  # relations to fetch with a page; None: what the shown columns read

    @cached_property
    def rows(self) -> QuerySet:
        """The filtered rows of everybody: only `page`, `count` and `scoped` may look at them, through the scope."""
        found = self.filterset.filter_queryset(self.listing.queryset().filter(self.extra))
        text = self.query.get("q", "").strip()
        return search(self.listing, found, text, self.user) if text else found

    @cached_property
    def pieces(self) -> list[Q] | None:
        """The branches of a narrow scope to merge; nothing where one condition over the whole scope does better.

        Somebody with many teams sees so much of the table that walking the order's own index soon fills a page.
        """
        found = access.branches(self.listing.model, self.user)
        return None if found is None or len(found) > MERGED else found

    def scoped(self, action: str = "view") -> QuerySet:
        """The filtered rows on which the user may do the action."""
        return access.narrow(self.rows, self.user, action)

    def in_reach(self) -> tuple[QuerySet, list[Q] | None]:
        """The rows to look at, and the pieces to look at them by."""
        pieces = self.pieces
        return (access.narrow_joined(self.rows, self.user), None) if pieces is None else (self.rows, pieces)

    def page(self, cursor: str = "", size: int = 0) -> Page:
        """One page of records; raises BadQuery for a cursor that is not of this order."""
        try:
            place = keyset.Cursor.decode(cursor, self.order) if cursor else None
        except keyset.BadCursor as error:
            raise BadQuery({"cursor": [_("This cursor does not belong to this list.")]}) from error
        rows, pieces = self.in_reach()
        found = keyset.walk(
            keyset.keyed(rows, self.order),
            self.order,
            size=size or self.listing.page_size,
            cursor=place,
            branches=pieces,
        )
        return Page(self.records(found.ids), found)

    def records(self, ids: Sequence[int]) -> list[Any]:
        """The records of one page, with what their cells read, in the given order."""
        if not ids:
            return []
        wanted = self.prefetch if self.prefetch is not None else {p for c in self.columns for p in c.prefetch}
        rows = self.listing.queryset().filter(pk__in=ids).prefetch_related(*wanted)
        if self.prefetch is not None or any(column.parts for column in self.columns):
            rows = self.listing.whole(rows)
        joined = rows.query.select_related
        if self.prefetch is None and self.listing.joins_by_column and isinstance(joined, dict):
            followed = {name for column in self.columns for name in column.relations()}
            rows = rows.select_related(None)
            rows = rows.select_related(*kept) if (kept := sorted(followed & joined.keys())) else rows
        if issubclass(rows.model, searchable.Searchable):
            rows = rows.defer(*searchable.SEARCHED)
        by_id = {record.pk: record for record in rows}
        found = [by_id[pk] for pk in ids if pk in by_id]
        fields.shield(self.user, found)
        if issubclass(rows.model, Event):
            fields.censor(self.user, found)
        for column in self.columns if self.prefetch is None else ():
            column.dress(found, self.user)
        return found

    def count(self) -> int:
        """How many rows, exact up to the cap and one more beyond it."""
        return keyset.capped_count(*self.in_reach())

    def batches(self, size: int = 1000) -> Iterator[list[Any]]:
        """All the records in order, batch by batch, in constant memory: what an export walks."""
        cursor = ""
        while True:
            page = self.page(cursor, size)
            if page.records:
                yield page.records
            if page.slice.next is None:
                return
            cursor = page.slice.next.encode()

    @cached_property
    def chips(self) -> list[Chip]:
        return list(self.filterset.chips())

    @property
    def narrowed(self) -> bool:
        return bool(self.query.get("q", "").strip()) or any(
            is_set(value) for value in self.filterset.form.cleaned_data.values()
        )

    @property
    def saved_parameters(self) -> dict[str, list[str]]:
        """What a saved view keeps of this query."""
        return {
            name: values
            for name, values in sorted(self.query.lists())
            if name not in ("cursor", "view", "export", "page_size") and any(values)
        }

    @property
    def edited(self) -> bool:
        """Whether the address has changed what the view says."""
        return self.view is not None and self.saved_parameters != stored_parameters(self.view)

    @property
    def density(self) -> str:
        return getattr(self.settings, "density", "comfort")

    @cached_property
    def columns(self) -> list[Column]:
        """The columns this person sees in this view, in their order."""
        chosen = list(getattr(self.settings, "columns", None) or getattr(self.view, "columns", None) or ())
        known = self.listing.columns_for(self.user)
        if not chosen:
            return [column for column in known.values() if column.shown]
        names = [column.name for column in known.values() if column.fixed and column.name not in chosen]
        return [known[name] for name in [*names, *chosen] if name in known]

    @cached_property
    def settings(self) -> SavedView | None:
        """The person's own row for this view: their columns and density."""
        if isinstance(self.view, SavedView):
            if self.view.is_of(self.user):
                return self.view
            return saved_view(self.user, self.listing.key, builtin=row_key(self.view)) or self.view
        return saved_view(self.user, self.listing.key, builtin=self.view.key if self.view else "all")

    @property
    def may_save(self) -> bool:
        """Whether the changes can be kept in the view itself: only in one's own."""
        return self.edited and isinstance(self.view, SavedView) and self.view.is_of(self.user)


def select(
    listing: ListPage,
    user: User,
    query: QueryDict,
    *,
    extra: Q | None = None,
    ignore: frozenset[str] = frozenset(),
) -> Selection:
    """Read a list's query parameters; raises BadQuery for what it does not know, Http404 for a view of others."""
    listing = listing.seen_by(user)
    barred = listing.filters.barred(user)
    filters = {name: names for name, names in listing.filters.parameters().items() if name not in barred}
    known = {name for names in filters.values() for name in names}
    view = find_view(listing, user, query.get("view", ""))
    merged = overlaid(view, query)  # a view may still name a field that is gone or closed by now
    unknown = [name for name in dict.fromkeys([*query, *merged]) if name not in known | CONTROL | ignore]
    if unknown:
        raise BadQuery({name: [_("This list has no such filter.")] for name in unknown})
    if any("\x00" in value for values in dict(query.lists()).values() for value in values):
        raise BadQuery({"q": [_("This text cannot be searched for.")]})
    sort = merged.get("sort") or listing.default_sort
    order = listing.order(sort, user)
    if order is None:
        raise BadQuery(
            {"sort": [_("This list cannot be sorted by “%(name)s”.") % {"name": sort.removeprefix("-")}]}
        )
    if len(merged.get("q", "")) > MAX_QUERY:
        raise BadQuery({"q": [_("Search for at most %(count)d characters.") % {"count": MAX_QUERY}]})
    given = {name for name, names in filters.items() if any(n in merged for n in names)}
    rows = (
        None if listing.filters._meta.model else listing.queryset()
    )  # a list without filters names no model
    filterset = listing.filters(merged, rows, user=user, only=given)
    if not filterset.is_valid():
        raise BadQuery(filterset.errors)
    return Selection(listing, user, merged, filterset, order, sort, view, extra or Q())


def find_view(listing: ListPage, user: User, key: str) -> View | SavedView | None:
    """The view an address names: a built-in one by its key, one's own or a shared one by its number."""
    if not key or key == "all":
        return None
    if (builtin := listing.view(key)) is not None:
        return builtin
    own = saved_view(user, listing.key, pk=int(key)) if key.isdecimal() and len(key) < 16 else None
    if own is None:
        raise Http404
    return own


def row_key(view: SavedView) -> str:
    """Under which key people keep their own columns and pin of a colleague's view."""
    return f"{SavedView.OTHERS}{view.pk}"


def stored_parameters(view: View | SavedView) -> dict[str, list[str]]:
    stored = view.params if isinstance(view, SavedView) else dict(view.parameters().lists())
    return {name: list(values) for name, values in sorted(stored.items()) if any(values)}


def overlaid(view: View | SavedView | None, query: QueryDict) -> QueryDict:
    """The view's parameters with those of the address on top; an empty value in the address takes one away."""
    merged = QueryDict(mutable=True)
    if view is not None:
        for name, values in stored_parameters(view).items():
            merged.setlist(name, values)
    for name, values in query.lists():
        kept = [value for value in values if value != ""]
        if kept:
            merged.setlist(name, kept)
        else:
            merged.pop(name, None)
    return merged


def search(listing: ListPage, rows: QuerySet, text: str, user: User) -> QuerySet:
    """Rows that contain the text, or whose name sounds so: by index where the model has one, else in the named fields."""
    if issubclass(listing.model, searchable.Searchable):
        return rows.filter(found_by(listing.model, text, user))
    if not listing.search:
        raise ImproperlyConfigured(f"{listing.key} declares nothing to search")
    found = Q()
    for word in text.split():
        found &= reduce(or_, (Q(**{f"{path}__icontains": word}) for path in listing.search))
    for path in listing.search:
        heard = heard_q(path, text, indexed=False) if path.endswith("name_sort") else None
        found = found if heard is None else found | heard
    return rows.filter(found)


def found_by(model: type[searchable.Searchable], text: str, user: User) -> Q:
    """The condition under which somebody finds a record by a text.

    Whoever sees fields not at all or only in part finds by name alone: a hit would tell what a field says.
    """
    closed = fields.closed(user, model)
    found = searchable.search_filter(text) or Q()
    covered = hushed_q(user, model)  # what lies in a pool is found by its open names alone
    if any(fields.closed(user, one) for one in searchable.reads_of(model)):
        found &= searchable.openly(model, text, closed)
    elif covered is not None:
        found &= ~covered | searchable.openly(model, text)
    heard = searchable.heard(model, text, closed)
    return found if heard is None else heard | found  # the cheaper to confirm first


def page_size(query: QueryDict, default: int) -> int:
    """The rows a page shall have: as many as asked for, never more than 200."""
    text = query.get("page_size") or str(default)
    if not text.isdecimal() or not int(text[:9]):
        raise BadQuery({"page_size": [_("A page shows 1 to 200 rows.")]})
    return min(int(text[:9]), MOST_A_PAGE)
