"""What happens beside a list: its columns, one's own views of it, its bulk verbs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.events.tasks import wake
from crm.identity.access import require_verb
from crm.listing import bulk as verbs
from crm.listing import pages
from crm.listing.once import once
from crm.listing.selection import BadQuery, find_view, row_key, select
from crm.listing.tasks import run_bulk_job
from crm.records.models import SavedView
from crm.records.queries import forget_views, saved_view, saved_views
from crm.records.services import saved_views as kept_views

if TYPE_CHECKING:
    from crm.identity.models import User
    from crm.listing.declare import ListPage, View


EXPORT = "export"  # the bulk verb that every exportable list has


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, listing: ListPage) -> HttpResponse:
    """Which columns the person sees in the present view, in which order and density: the form, and keeping it."""
    require_verb(request.user, "view", listing.model)
    listing = listing.seen_by(request.user)
    if request.method != "POST":
        return _choose_columns(request, listing)
    query = QueryDict(request.POST.get("query", ""))
    view = find_view(listing, request.user, query.get("view", ""))
    reset = request.POST.get("reset") == "1"
    chosen = [] if reset else [name for name in request.POST.getlist("columns") if name in listing.column_map]
    density = request.POST.get("density", "")
    kept_views.keep_columns(
        request.user,
        listing=listing.key,
        view=own_view(request.user, view),
        builtin=builtin_of(view),
        columns=chosen,
        density=density if density in SavedView.Density.values and not reset else SavedView.Density.COMFORT,
    )
    return _back(request, listing, query)


def _choose_columns(request: HttpRequest, listing: ListPage) -> HttpResponse:
    try:
        selection = select(listing, request.user, request.GET)
    except BadQuery as error:
        return pages.bad_query(request, listing, error)
    context = {
        "listing": listing,
        "column_choices": pages.column_choices(selection),
        "columns_url": listing.url("columns"),
        "density": selection.density,
        "query_string": pages.query_string(request),
    }
    return render(request, "listing/_columns_form.html" if request.htmx else "listing/columns.html", context)


@require_http_methods(["GET", "POST"])
@once
def views(request: HttpRequest, listing: ListPage) -> HttpResponse:
    """One's own views of the list: arrange them, or keep the present filters, order and columns as a new one."""
    require_verb(request.user, "view", listing.model)
    context: dict[str, Any] = {"listing": listing, "query": request.GET.urlencode()}
    if request.method == "POST":
        query = QueryDict(request.POST.get("query", "").removeprefix("?"))
        try:
            view = _save_as(request, listing, query)
        except (RuleBroken, BadQuery) as error:
            context |= {"error": str(error), "query": query.urlencode(), "name": request.POST.get("name", "")}
        else:
            messages.success(request, _("View “%(name)s” saved") % {"name": view.name})
            return redirect(f"{listing.url()}?view={view.key}")
    kept = {one.builtin: one for one in _builtin_rows(request, listing)}
    named = saved_views(request.user, listing.key)
    shared = [one for one in named if not one.is_of(request.user)]
    prefetch_related_objects(shared, "user")
    for one in shared:
        row = saved_view(request.user, listing.key, builtin=row_key(one))
        one.pinned = bool(row and row.pinned)
    context |= {
        "own": [one for one in named if one.is_of(request.user)],
        "shared": shared,
        "audiences": [
            choice
            for choice in SavedView.Audience.choices
            if choice[0] != SavedView.Audience.ALL or kept_views.may_share_with_all(request.user)
        ],
        "builtin": [
            {"key": one.key, "label": one.label, "pinned": one.key in kept and kept[one.key].pinned}
            for one in listing.views
            if one.offered is None or one.offered(request.user)
        ],
        "list_url": listing.url(),
        "views_url": listing.url("views"),
    }
    template = "listing/_views_drawer.html" if request.htmx else "listing/views.html"
    return render(request, template, context, status=422 if context.get("error") else 200)


def _builtin_rows(request: HttpRequest, listing: ListPage) -> list[SavedView]:
    rows = (saved_view(request.user, listing.key, builtin=one.key) for one in listing.views)
    return [row for row in rows if row is not None]


def _save_as(request: HttpRequest, listing: ListPage, query: QueryDict) -> SavedView:
    name = request.POST.get("name", "").strip()[:60]
    if not name:
        raise RuleBroken(_("Give the view a name."), field="name")
    selection = select(listing, request.user, query)
    return kept_views.create_view(
        request.user,
        listing=listing.key,
        name=name,
        params=selection.saved_parameters,
        columns=[column.name for column in selection.columns],
        pinned=request.POST.get("pinned") == "1",
        audience=request.POST.get("audience") or SavedView.Audience.OWN,
    )


def own_view(user: User, view: View | SavedView | None) -> SavedView | None:
    """The view, if it is the person's own to change."""
    return view if isinstance(view, SavedView) and view.is_of(user) else None


def builtin_of(view: View | SavedView | None) -> str:
    """Under which key a person's columns and pin of a view that is not their own are kept."""
    if isinstance(view, SavedView):
        return row_key(view)
    return view.key if view else "all"


@require_POST
def view(request: HttpRequest, listing: ListPage, key: str) -> HttpResponse:
    """Change one view: save the present query into it, rename, pin, unpin, delete."""
    require_verb(request.user, "view", listing.model)
    found = find_view(listing, request.user, key)
    own = own_view(request.user, found)
    action = request.POST.get("do", "")
    if action in ("pin", "unpin") and found is not None:
        builtin = "" if own else builtin_of(found)
        row = own or saved_view(request.user, listing.key, builtin=builtin)
        kept_views.pin(request.user, listing=listing.key, view=row, builtin=builtin, pinned=action == "pin")
    elif own is None:
        raise Http404
    elif action == "delete":
        kept_views.delete_view(own)
        messages.success(request, _("View “%(name)s” deleted") % {"name": own.name})
        return redirect(listing.url())
    else:
        try:
            _change(request, listing, own, action)
        except (RuleBroken, BadQuery) as error:
            messages.error(request, str(error))
            return redirect(listing.url("views"))
    return redirect(f"{listing.url()}?view={key}")


def _change(request: HttpRequest, listing: ListPage, own: SavedView, action: str) -> None:
    if action == "rename":
        name = request.POST.get("name", "").strip()[:60]
        if not name:
            raise RuleBroken(_("Give the view a name."), field="name")
        kept_views.update_view(own, name=name)
        if "audience" in request.POST:
            kept_views.share_view(own, audience=request.POST["audience"], actor=actor_of(request))
    elif action == "save":
        query = QueryDict(request.POST.get("query", "").removeprefix("?"))
        selection = select(listing, request.user, query)
        kept_views.update_view(own, params=selection.saved_parameters)
    else:
        raise Http404


@require_POST
def bulk(request: HttpRequest, listing: ListPage, verb: str) -> HttpResponse:
    """A bulk verb: ask what it needs, then do it, at once or as a background job."""
    require_verb(request.user, "view", listing.model)
    if verb == EXPORT:
        return _export(request, listing)
    chosen_verb = listing.verb(verb)
    if chosen_verb is None:
        raise Http404
    if not chosen_verb.offered_to(request.user, listing.model):
        raise PermissionDenied
    choice = verbs.Choice.of(request.POST)
    try:
        total = choice.rows(listing, request.user).count()
    except BadQuery as error:
        return pages.bad_query(request, listing, error)
    if not total:
        return _nothing_chosen(request, listing)
    asks = chosen_verb.form is not None or total > listing.bulk_limit or chosen_verb.undo is None
    confirmed = request.POST.get("confirmed") == "1" or not asks
    form = verbs.open_form(chosen_verb, request.POST if confirmed else None, request.user)
    if not confirmed or not form.is_valid():
        return _ask(request, listing, chosen_verb, form, total, status=422 if confirmed else 200)
    job = verbs.start(listing, chosen_verb, choice, form_data(request.POST), request.user, total=total)
    if job.is_open:
        wake(run_bulk_job, job.pk)
    return _done(request, listing, job)


def _export(request: HttpRequest, listing: ListPage) -> HttpResponse:
    """The chosen rows as a file: the list page's own export, of the ticked rows or of all that match."""
    query = QueryDict(request.POST.get("query", "").removeprefix("?"), mutable=True)
    choice = verbs.Choice.of(request.POST)
    if choice.query is None:
        if not choice.ids:
            return _nothing_chosen(request, listing)
        query.setlist("ids", [str(pk) for pk in choice.ids])
    if listing.cards and request.POST.get("as") == "cards":
        return redirect(f"{reverse(listing.cards)}?{query.urlencode()}")
    query["export"] = "xlsx"
    return redirect(f"{listing.url()}?{query.urlencode()}")


def form_data(data: QueryDict) -> QueryDict:
    """What belongs to the verb's own form: the rest is how the rows were chosen."""
    kept = data.copy()
    for name in ("csrfmiddlewaretoken", "ids", "all", "query", "confirmed"):
        kept.pop(name, None)
    return kept


def _ask(
    request: HttpRequest, listing: ListPage, verb: verbs.Bulk, form: Any, total: int, *, status: int
) -> HttpResponse:
    hidden = [(name, value) for name in ("ids", "all", "query") for value in request.POST.getlist(name)]
    context = {
        "listing": listing,
        "verb": verb,
        "form": form if form.fields else None,
        "hidden": hidden,
        "url": listing.url("bulk", verb.name),
        "count_words": listing.count_words(f"{total:,}", total),
        "large": total > listing.bulk_limit or request.POST.get("all") == "1",
        "back_url": f"{listing.url()}?{request.POST.get('query', '')}",
    }
    template = "listing/_bulk_drawer.html" if request.htmx else "listing/bulk.html"
    return render(request, template, context, status=status)


def _nothing_chosen(request: HttpRequest, listing: ListPage) -> HttpResponse:
    text = _("Tick at least one row.")
    if request.htmx:
        return HttpResponse(
            status=204, headers={"HX-Trigger": json.dumps({"toast": {"text": text, "kind": "bad"}})}
        )
    messages.error(request, text)
    return redirect(listing.url())


def _done(request: HttpRequest, listing: ListPage, job: Any) -> HttpResponse:
    """The answer to a run: a toast where all went well, the job's card where it runs on or something failed."""
    back = f"{listing.url()}?{request.POST.get('query', '').removeprefix('?')}"
    smooth = not job.is_open and not job.failed and job.state == job.State.DONE
    undo_url = reverse("job_undo", args=[job.pk]) if verbs.may_undo(job) else ""
    if request.htmx:
        triggers: dict[str, Any] = {"listChanged": True}
        if smooth:
            triggers |= {"toast": {"text": verbs.summary(job), "undo_url": undo_url}, "drawer:close": True}
            return HttpResponse(headers={"HX-Trigger": json.dumps(triggers)})
        context = {"job": job, "may_undo": bool(undo_url), "back_url": back}
        response = render(request, "listing/_job_drawer.html", context)
        response["HX-Trigger"] = json.dumps(triggers)
        return response
    if smooth:
        way_back = format_html(' <a href="{}">{}</a>', job.get_absolute_url(), _("Undo")) if undo_url else ""
        messages.success(request, format_html("{}{}", verbs.summary(job), way_back))
        return redirect(back)
    return redirect(job)


def _back(request: HttpRequest, listing: ListPage, query: QueryDict) -> HttpResponse:
    """The list again after something about its look changed: only the table for htmx, else by redirect."""
    if not request.htmx:
        return redirect(f"{listing.url()}?{query.urlencode()}")
    request.method, request.GET = "GET", query
    forget_views(request.user)
    return pages.list_page(request, listing)
