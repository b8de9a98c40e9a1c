"""What a list page declares. Composition only: anything odd is a plain view, never a subclass.

CUSTOMERS = ListPage(
    model=Customer, queryset=queries.customer_list, title=_("Customers"), count_words=customers_counted,
    filters=CustomerFilters, search=("name",), columns=[Link("name", sort="name_sort"), Person("owner")],
    bulk=[Assign(Customer), Delete(services.delete_customer, services.restore_customer)],
)
# urls.py: *CUSTOMERS.urls("customers")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.http import QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.identity import fields
from crm.identity.access import has_verb
from crm.identity.models import User
from crm.listing import pages, sidepages
from crm.listing.bulk import Bulk
from crm.listing.columns import Column
from crm.listing.custom.lists import with_custom_fields
from crm.listing.filters import Filters
from crm.listing.keyset import Order, is_nullable
from crm.listing.palette import Found
from crm.records.searchable import Searchable

Label = str | Promise


@dataclass(frozen=True)
class View:
    """A built-in view of a list: a name for some filters and an order. `key` stands in the address."""

    key: str
    label: Label
    filters: Mapping[str, Any] = field(default_factory=dict)
    sort: str = ""
    columns: tuple[str, ...] = ()
    icon: str = "list"
    offered: Callable[[Any], bool] | None = None  # to whom; None: everyone who may open the list

    def parameters(self) -> QueryDict:
        query = QueryDict(mutable=True)
        for name, value in self.filters.items():
            query.setlist(
                name, [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
            )
        if self.sort:
            query["sort"] = self.sort
        return query


@dataclass(frozen=True)
class Empty:
    """What an empty list says before there is anything in it: what happened, one way out."""

    title: Label = _("Nothing here yet")
    text: Label = ""
    label: Label = ""
    url_name: str = ""


def counted(number: str, _exact: int) -> str:
    return number


@dataclass(frozen=True, kw_only=True, eq=False)
class ListPage:
    """A list of one kind of record: page, counts, bulk verbs, export, columns, saved views, choices, and its API."""

    model: type[models.Model]
    queryset: Callable[[], models.QuerySet]  # unscoped; joins what the columns read
    parts: Callable[[models.QuerySet], models.QuerySet] | None = (
        None  # adds what only some columns and the API read
    )
    title: Label
    columns: Sequence[Column]
    filters: type[Filters] = Filters
    search: Sequence[str] = ()  # paths searched where the model is not Searchable
    sorts: Mapping[str, str] = field(default_factory=dict)  # further sort keys, for the API
    default_sort: str = "-updated_at"
    views: Sequence[View] = ()
    bulk: Sequence[Bulk] = ()
    resource: Any = None
    icon: str = "list"
    count_words: Callable[[str, int], str] = counted  # "86", 86 -> "86 customers"
    totals: Callable[[models.QuerySet], str] | None = (
        None  # beside the count, e.g. the sum of open opportunities; to whom `amount` is closed it is not told
    )
    empty: Empty = Empty()
    search_hint: Label = _("Search this view")
    new: str = ""  # URL name of the form for a new record
    new_label: Label = _("New")
    new_in_drawer: bool = True
    peek: str = ""  # URL name (pk): a short look in the drawer
    row_expand: str = ""  # URL name (pk): a form that opens under the row
    expand_offered: Callable[[Any], bool] | None = None  # to whom that form is offered; None: everyone
    row_actions: Callable[[Any, Any], str] | None = None  # (record, look) -> HTML of the quick actions
    row_class: Callable[[Any, Any], str] | None = None
    # Other faces of the list: (URL name, label, icon), and the verb without which nobody is led there.
    links: Sequence[
        tuple[Any, ...]
    ] = ()  # route, label, icon; and the verb it asks for, of which model if another's
    links_for: Callable[[User], bool] | None = None  # who is led there; None: everybody
    template: str = "listing/page.html"
    joins_by_column: bool = (
        False  # join only what the shown columns follow (those that render by hand say `joins`)
    )
    page_size: int = 50
    bulk_limit: int = 100  # more rows than this become a background job
    exportable: bool = True
    cards: str = ""  # URL name under which the chosen rows come as vCards
    in_search: bool = True  # among the hits of the global search
    palette: Found | None = None  # how its records stand in the command palette; None: not there
    search_note: str = ""  # path of a quiet second word beside a hit of the global search
    remote_choices: bool = True  # too many records to list in a select: look them up as one types
    name: str = ""  # prefix of the URL names; default: the model's name
    expressions: Mapping[str, Any] = field(default_factory=dict)  # what orders that are no path sort by
    more_columns: Callable[[User], Sequence[Column]] | None = None  # one for each of something people make
    plain: ListPage | None = None  # the list as declared, where custom fields were added for a reader

    @property
    def key(self) -> str:
        """How saved views, jobs and exports name this list."""
        return self.name or self.model._meta.model_name or ""

    @property
    def searchable(self) -> bool:
        return bool(self.search) or issubclass(self.model, Searchable)

    @cached_property
    def column_map(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def columns_for(self, user: User) -> dict[str, Column]:
        """The columns somebody may see, by name; those they see only in part give no order."""
        barred = {name for name in self.column_map if fields.is_closed(user, self.model, name)}
        if not barred:
            return self.column_map
        unseen = fields.hidden(user, self.model)
        return {
            name: replace(column, sort=None) if name in barred else column
            for name, column in self.column_map.items()
            if name not in unseen
        }

    @cached_property
    def sort_paths(self) -> dict[str, str]:
        """What the list can be sorted by: parameter → path."""
        found = {column.name: path for column in self.columns if (path := column.sort_path)}
        found |= self.sorts
        bare = self.default_sort.removeprefix("-")
        found.setdefault(bare, bare)
        found.setdefault("id", "pk")
        return found

    def whole(self, rows: models.QuerySet | None = None) -> models.QuerySet:
        """Rows with everything that is ever read of a record of this list: for the API and single records."""
        rows = self.queryset() if rows is None else rows
        return self.parts(rows) if self.parts else rows

    def order(self, parameter: str, user: User) -> Order | None:
        """The order a `sort` parameter asks for, nothing for an unknown one or one over a field the person may not see."""
        path_to_key = self.sort_paths.get(parameter.removeprefix("-"))
        if path_to_key is None or fields.is_closed(user, self.model, path_to_key):
            return None
        value = self.expressions.get(path_to_key)
        return Order(path_to_key, parameter.startswith("-"), is_nullable(self.model, path_to_key), value)

    def totals_for(self, user: User, rows: models.QuerySet) -> str:
        """What rows come to, for who may read their amounts."""
        closed = self.totals is None or fields.is_closed(user, self.model, "amount")
        return "" if closed else self.totals(rows)

    def seen_by(self, user: Any) -> ListPage:
        """The list as one person finds it, with the custom fields they may read and the columns made for them."""
        base = self.plain or self
        seen = with_custom_fields(base, user)
        more = self.more_columns(user) if self.more_columns else ()
        return replace(seen, plain=base, columns=[*seen.columns, *more]) if more else seen

    def add_bulk(self, verb: Bulk) -> None:
        """A verb on many records that an app above contributes, from its `hooks.py`."""
        if self.verb(verb.name) is not None:
            raise ImproperlyConfigured(f"{self.key}: two bulk verbs of one name")
        object.__setattr__(self, "bulk", [*self.bulk, verb])

    def verb(self, name: str) -> Bulk | None:
        return next((verb for verb in self.bulk if verb.name == name), None)

    def view(self, key: str) -> View | None:
        return next((view for view in self.views if view.key == key), None)

    def url(self, what: str = "list", *args: Any) -> str:
        return reverse(f"{self.key}_{what}", args=args)

    def leads(self, user: User) -> bool:
        """Whether a person is led from the list to its other faces and to the form for something new."""
        return self.links_for is None or self.links_for(user)

    def faces(self, user: User) -> list[tuple[str, Label, str]]:
        """The other faces of the list a person is led to."""
        if not self.leads(user):
            return []
        return [face[:3] for face in self.links if len(face) == 3 or has_verb(user, *self._asked(*face[3:]))]

    def _asked(self, verb: str, model: type[models.Model] | None = None) -> tuple[str, type[models.Model]]:
        return verb, model or self.model

    def labels(self) -> dict[str, str]:
        """The columns' headings in the active language, worked out once per language."""
        language = get_language() or ""
        if language not in self._labels:
            self._labels[language] = {c.name: str(c.heading(self.model)) for c in self.columns}
        return self._labels[language]

    @cached_property
    def _labels(self) -> dict[str, dict[str, str]]:
        return {}

    def urls(self, prefix: str) -> list[URLPattern]:
        """The routes of this list; its name and its verbs are the only things that differ between lists."""
        routes = {
            "list": ("", pages.list_page),
            "counts": ("counts/", pages.counts),
            "filters": ("filters/", pages.filter_form),
            "options": ("options/", pages.options),
            "columns": ("columns/", sidepages.columns),
            "views": ("views/", sidepages.views),
            "view": ("views/<slug:key>/", sidepages.view),
            "bulk": ("bulk/<slug:verb>/", sidepages.bulk),
        }
        if len({verb.name for verb in self.bulk}) != len(self.bulk):
            raise ImproperlyConfigured(f"{self.key}: two bulk verbs of one name")
        return [
            path(f"{prefix}/{tail}", login_required(partial(view, listing=self)), name=f"{self.key}_{what}")
            for what, (tail, view) in routes.items()
        ]
