"""The pages of a declared list. `list_page` reads top to bottom: visible, filtered, searched, ordered, one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.identity.access import has_verb, require_verb
from crm.listing import exporting
from crm.listing.columns import Column, Look
from crm.listing.filters import is_set
from crm.listing.forms import note_chosen
from crm.listing.keyset import COUNT_CAP
from crm.listing.rows import headings, rows_of
from crm.listing.selection import BadQuery, Page, Selection, find_view, overlaid, page_size, select
from crm.records.queries import saved_views

if TYPE_CHECKING:
    from crm.identity.models import User
    from crm.listing.declare import ListPage

OPTIONS = 20  # matches an autocomplete answers with
SUGGESTED = 4  # chips a phone offers beside the set ones
NOT_IN_LINKS = ("cursor", "export")


@require_safe
def list_page(request: HttpRequest, listing: ListPage) -> HttpResponse:
    """A list: the whole page, or only the table when htmx asks for it."""
    require_verb(request.user, "view", listing.model)
    ticked = ticked_rows(request.GET)
    try:
        apart = {"ids"} if ticked else set()
        apart |= {"reason"} if request.GET.get("export") else set()  # why the rows are taken out
        selection = select(listing, request.user, request.GET, extra=ticked, ignore=frozenset(apart))
        if request.GET.get("export"):
            return exporting.respond(request, selection, request.GET["export"])
        page = selection.page(request.GET.get("cursor", ""), page_size(request.GET, listing.page_size))
    except BadQuery as error:
        return bad_query(request, listing, error)
    partial = (
        bool(request.htmx) and request.htmx.target == "list" and not request.htmx.history_restore_request
    )
    template = "listing/_list.html" if partial else listing.template
    response = TemplateResponse(request, template, list_context(request, selection, page))
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def ticked_rows(query: QueryDict) -> Q | None:
    """The ticked rows an export is asked for; the scope narrows them like everything else."""
    if not query.get("export") or "ids" not in query:
        return None
    return Q(pk__in=[int(one) for one in query.getlist("ids") if one.isdecimal() and len(one) < 19])


@require_safe
def counts(request: HttpRequest, listing: ListPage) -> HttpResponse:
    """The size of the list and of each of its views, swapped in after the page (they may cost more than the page)."""
    require_verb(request.user, "view", listing.model)
    try:
        selection = select(listing, request.user, request.GET, ignore=frozenset({"part"}))
    except BadQuery as error:
        return bad_query(request, listing, error)
    part = request.GET.get("part", "")
    context: dict[str, Any] = {"listing": listing}
    if part != "tabs":
        total = selection.count()
        context |= {
            "total": words_of(total),
            "exact": total if total <= COUNT_CAP else None,
            "total_words": total_words(listing, total),
            "selectable": selectable(request.user, listing),
            "totals": listing.totals_for(request.user, selection.scoped()) if total <= COUNT_CAP else "",
        }
    if part != "total":
        tabs = view_tabs(request, selection)
        for tab in tabs:
            tab["count"] = words_of(view_count(listing, request, tab["key"]))
        context["tabs"] = tabs
    return render(request, "listing/_counts.html", context)


@require_safe
def filter_form(request: HttpRequest, listing: ListPage, at: str = "") -> HttpResponse:
    """All filters of the list as a form: a popover, or a page of its own without JavaScript.

    `at` names another face of the list, such as a board, that the chosen filters narrow instead.
    """
    require_verb(request.user, "view", listing.model)
    listing = listing.seen_by(request.user)
    query = QueryDict(mutable=True)
    query.update(overlaid(find_view(listing, request.user, request.GET.get("view", "")), request.GET))
    filterset = listing.filters(query, listing.queryset(), user=request.user)
    filterset.form.is_valid()
    note_chosen(filterset.form)
    values = filterset.form.cleaned_data
    context = {
        "listing": listing,
        "filters": [(field, is_set(values.get(field.name))) for field in filterset.form],
        "kept": [(n, v) for n in ("q", "sort", "view", "page_size") for v in request.GET.getlist(n) if v],
        "list_url": reverse(at) if at else listing.url(),
    }
    return render(request, "listing/_filters.html" if request.htmx else "listing/filters.html", context)


@require_safe
def options(request: HttpRequest, listing: ListPage) -> JsonResponse:
    """Records a form field may choose, found by text among those the person may see."""
    require_verb(request.user, "view", listing.model)
    text = QueryDict(mutable=True)
    if request.GET.get("q", "").strip():
        text["q"] = request.GET["q"]
    try:
        page = select(listing, request.user, text).page(size=OPTIONS)
    except BadQuery:
        return JsonResponse({"results": []})
    return JsonResponse({"results": [{"value": r.pk, "text": str(r)} for r in page.records]})


def list_context(request: HttpRequest, selection: Selection, page: Page) -> dict[str, Any]:
    """What the list's templates read."""
    listing, look = selection.listing, Look(request.user)
    columns = selection.columns
    total = page.known_total
    may_export = may_export_from(request.user, listing)
    bulk = [verb for verb in listing.bulk if verb.offered_to(request.user, listing.model)]
    return {
        "listing": listing,
        "selection": selection,
        "faces": listing.faces(request.user),
        "page": page,
        "headings": headings(listing, columns, selection.sort, lambda sort: link(request, sort=sort)),
        "rows": rows_of(listing, columns, page.records, look, tick=bool(bulk) or may_export),
        "chips": [chip_link(request, chip, selection) for chip in selection.chips],
        "suggested": suggested(request, selection),
        "tabs": view_tabs(request, selection),
        "sorts": sort_choices(request, selection),
        "carried": carried(request.GET),
        "selectable": bool(bulk) or may_export,
        "export_url": listing.url("bulk", "export"),
        "filterable": bool(listing.filters.base_filters),
        "bulk_verbs": [(verb, listing.url("bulk", verb.name)) for verb in bulk],
        "new_url": reverse(listing.new) if listing.new else "",
        "may_add": bool(listing.new)
        and listing.leads(request.user)
        and has_verb(request.user, "add", listing.model),
        "may_export": may_export,
        "import_url": import_url(request, listing),
        "density": selection.density,
        "exact": total,
        "total": words_of(total) if total is not None else "",
        "total_words": total_words(listing, total) if total is not None else "",
        "next_url": link(request, cursor=page.slice.next.encode()) if page.slice.next else "",
        "previous_url": link(request, cursor=page.slice.previous.encode()) if page.slice.previous else "",
        "clear_url": cleared(request, selection),
        "query_string": query_string(request),
        "export_urls": [(fmt, link(request, export=fmt)) for fmt in ("xlsx", "csv")],
        **{f"{what}_url": listing.url(what) for what in ("list", "counts", "filters", "columns", "views")},
    }


def may_export_from(user: User, listing: ListPage) -> bool:
    """Whether somebody may take rows of the list out of the house."""
    return listing.exportable and has_verb(user, "export", listing.model)


def selectable(user: User, listing: ListPage) -> bool:
    """Whether there is anything somebody can do with ticked rows."""
    return may_export_from(user, listing) or any(
        verb.offered_to(user, listing.model) for verb in listing.bulk
    )


def import_url(request: HttpRequest, listing: ListPage) -> str:
    """Where records of this kind come in from a file, for those who may."""
    if listing.resource is None or not has_verb(request.user, "import", listing.model):
        return ""
    return f"{reverse('import_new')}?resource={listing.resource.slug}"


def carried(query: QueryDict) -> list[tuple[str, str]]:
    """What a new text search keeps of the present query."""
    return [(n, v) for n, values in query.lists() for v in values if n not in ("q", *NOT_IN_LINKS)]


def column_choices(
    selection: Selection,
) -> list[tuple[str, list[tuple[Column, Any, bool]]]]:
    """The columns a person may show or hide: those shown first, in their order."""
    listing, shown = selection.listing, selection.columns
    hidden = [column for column in listing.columns_for(selection.user).values() if column not in shown]
    groups = ((_("Shown"), shown, True), (_("Hidden"), hidden, False))
    labels = listing.labels()
    return [(str(h), [(c, labels[c.name], on) for c in cs if not c.fixed]) for h, cs, on in groups]


def bad_query(request: HttpRequest, listing: ListPage, error: BadQuery) -> HttpResponse:
    """A query the list does not understand: what is wrong with it, and the way back."""
    context = {"listing": listing, "errors": error.errors, "list_url": listing.url()}
    template = "listing/_bad_query.html" if request.htmx else "listing/bad_query.html"
    return render(request, template, context, status=400)


# --- Links and words ----------------------------------------------------------------------------------------------


def link(request: HttpRequest, **changes: Any) -> str:
    """The present address with some parameters replaced, back on the first page."""
    query = {name: values for name, values in request.GET.lists() if name not in NOT_IN_LINKS}
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value if isinstance(value, list) else [value]
    return f"?{urlencode(query, doseq=True)}"


def query_string(request: HttpRequest) -> str:
    return link(request).removeprefix("?")


def chip_link(request: HttpRequest, chip: Any, selection: Selection) -> dict[str, Any]:
    """A chip with the address without it: one that comes from the view is taken away by an empty value."""
    from_view = set(getattr(selection.view, "params", None) or getattr(selection.view, "filters", None) or ())
    changes = {name: "" if name in from_view else None for name in chip.parameters}
    return {"name": chip.name, "label": chip.label, "text": chip.text, "url": link(request, **changes)}


def suggested(request: HttpRequest, selection: Selection) -> list[dict[str, Any]]:
    """The conditions of the built-in views that do not hold yet, each one touch away; phones show them as chips."""
    held = {name for chip in selection.chips for name in chip.parameters}
    offered = [view for view in selection.listing.views if view.offered is None or view.offered(request.user)]
    found = []
    for view in offered:
        values = {n: [*v] for n, v in view.parameters().lists() if n in view.filters}
        if values and not held.intersection(values):
            found.append({"label": view.label, "url": link(request, **values)})
    return found[:SUGGESTED]


def cleared(request: HttpRequest, selection: Selection) -> str:
    """The address without filters and text; those of the view are taken away one by one."""
    query = QueryDict(mutable=True)
    for name in ("view", "sort", "page_size"):
        if request.GET.get(name):
            query[name] = request.GET[name]
    for name in selection.saved_parameters:
        if name in selection.query and selection.view is not None and name != "sort":
            query[name] = ""
    return f"?{query.urlencode()}"


def view_tabs(request: HttpRequest, selection: Selection) -> list[dict[str, Any]]:
    """The tabs over the list: everything, the built-in views, one's own."""
    listing, current = selection.listing, selection.view
    offered = [view for view in listing.views if view.offered is None or view.offered(request.user)]
    named = [("all", _("All"), None), *((view.key, view.label, view) for view in offered)]
    named += [(own.key, own.name, own) for own in saved_views(request.user, listing.key)]
    tabs = [
        {
            "key": key,
            "label": label,
            "current": view == current,
            "url": f"{listing.url()}?view={key}" if view else listing.url(),
        }
        for key, label, view in named
    ]
    for tab in tabs:
        tab["edited"] = tab["current"] and selection.edited
        tab["count"] = None
    return tabs


def view_count(listing: ListPage, request: HttpRequest, key: str) -> int | None:
    """The size of one view; nothing where a saved filter has become invalid meanwhile."""
    try:
        return select(listing, request.user, QueryDict(f"view={key}")).count()
    except BadQuery:
        return None


def sort_choices(request: HttpRequest, selection: Selection) -> list[dict[str, Any]]:
    """The orders a person can choose, each with both directions' addresses."""
    listing, current = selection.listing, selection.sort
    labels, found = listing.labels(), []
    for column in listing.columns_for(selection.user).values():
        if column.sort_path:
            chosen = current.removeprefix("-") == column.name
            target = (
                column.name
                if chosen and current.startswith("-")
                else f"-{column.name}"
                if chosen
                else column.name
            )
            found.append(
                {
                    "label": labels[column.name],
                    "url": link(request, sort=target),
                    "current": chosen,
                    "descending": chosen and current.startswith("-"),
                }
            )
    return found


def words_of(count: int | None) -> str:
    if count is None:
        return "–"
    return f"{COUNT_CAP:,}+" if count > COUNT_CAP else f"{count:,}"


def total_words(listing: ListPage, count: int) -> str:
    return listing.count_words(words_of(count), min(count, COUNT_CAP))
