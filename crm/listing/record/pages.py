"""The views of a record page: the page with its parts, its form, one field edited in place, its place in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm.core.hooks import hooks
from crm.events.actor import actor_of
from crm.events.queries import events_about
from crm.identity import access
from crm.identity.events import OWNER_CHANGES
from crm.identity.explain import why
from crm.identity.shares import collaborators_of
from crm.listing.answers import attempt, done, show_form, triggers
from crm.listing.record import facts
from crm.listing.record.place import list_of, place_in_list
from crm.listing.record.undo import keep, narrowed, posted

if TYPE_CHECKING:
    from crm.listing.record.declare import RecordPage


@require_GET
def detail(request: HttpRequest, pk: int, *, page: RecordPage) -> HttpResponse:
    """A record's page; `part` asks for one of its regions alone."""
    try:
        record = page.record(request, pk)
    except Http404:  # the address of one that was merged leads to the record it became
        target = page.moved(request.user, pk) if page.moved else None
        if target is None:
            raise
        return redirect(target)
    part = request.GET.get("part", "")
    if part and part not in page.parts:
        raise Http404
    return render(request, page.parts.get(part, page.template), context_of(request, page, record))


def context_of(request: HttpRequest, page: RecordPage, record: Any) -> dict[str, Any]:
    """What every record page reads, and what is particular to this one: `may` comes from both."""
    held = access.allowed(request.user, record, page.verbs)
    may = {verb: verb in held for verb in page.verbs}
    own = page.context(request, record, may)
    groups = facts.groups(page, record, request.user)
    return {
        "page": page,
        "record": record,
        page.model._meta.model_name: record,
        "urls": page.addresses(record.pk),
        "fact_groups": groups,
        "edits": any(fact.editable for _section, found in groups for fact in found),
        "left_panels": panel_urls(page, record, "left"),
        "right_panels": panel_urls(page, record, "right"),
        "list": list_of(request, page.listing),
        "list_root": page.listing.url(),
        "list_title": page.listing.title,
        "record_model": page.model._meta.label_lower,
        "collaborators": collaborators_of(record),
        **own,
        "may": may | own.get("may", {}),
    }


def panel_urls(page: RecordPage, record: Any, slot: str) -> list[str]:
    """Where the parts of one column that other modules contribute are loaded from, in order."""
    return [page.url("panel", record.pk, slot, one.key) for one in hooks.panels_of(f"{page.key}.{slot}")]


@require_GET
def position(request: HttpRequest, pk: int, *, page: RecordPage) -> HttpResponse:
    """Where the record stands in the list one came from, with its neighbours."""
    record = page.record(request, pk)
    place = place_in_list(request, page.listing, record)
    return render(request, "record/_position.html", {"place": place, "list": list_of(request, page.listing)})


@require_GET
def why_seen(request: HttpRequest, pk: int, *, page: RecordPage) -> HttpResponse:
    """Why one can see this record."""
    record = page.record(request, pk)
    context = {
        "record": record,
        "reasons": why(request.user, record),
        "may_edit": access.may(request.user, "change", record),
        "transfers": list(events_about(record).filter(name__in=[one.name for one in OWNER_CHANGES])[:50]),
        **page.why_context(record),
    }
    return render(request, "record/_why.html" if request.htmx else "record/why.html", context)


@require_GET
def panel(request: HttpRequest, pk: int, slot: str, key: str, *, page: RecordPage) -> HttpResponse:
    """A part of the page that another module contributes, loaded after the page."""
    record = page.record(request, pk)
    found = hooks.panels.get((f"{page.key}.{slot}", key))
    context = found.load(request, record) if found else None
    if found is None or context is None:
        return HttpResponse("")
    return render(request, found.template, {"record": record, page.key: record, **context})


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int, *, page: RecordPage) -> HttpResponse:
    """All fields of a record at once."""
    record = page.record(request, pk, "change")
    form = page.form(request.POST or None, user=request.user, instance=record)

    def show(status: int = 200, **context: Any) -> HttpResponse:
        heading = _("Edit %(name)s") % {"name": record}
        context = page.form_context(record) | context
        return show_form(
            request,
            form,
            heading=heading,
            back=record.get_absolute_url(),
            body=page.form_template,
            status=status,
            **context,
        )

    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    _saved, answer = attempt(
        form,
        lambda: page.update(
            record,
            actor=actor_of(request),
            expected=form.expected_version,
            **page.given(request),
            **form.values(changed_only=True),
        ),
        show,
        page.refusals,
    )
    return answer or done(request, record.get_absolute_url(), _("Saved"))


@require_http_methods(["GET", "POST"])
def one_field(request: HttpRequest, pk: int, name: str, *, page: RecordPage) -> HttpResponse:
    """One field edited in place: GET gives the control, POST saves it; 422 when wrong, 409 with both values when stale."""
    record = page.record(request, pk, "change")
    if name not in facts.editable(page, record, request.user):
        raise Http404
    if request.GET.get("show"):
        return _fact(request, page, record, name)
    form = narrowed(page, name, request.POST or None, user=request.user, instance=record)
    if name not in form.fields:  # a custom field that is not there for a record like this
        raise Http404

    def show(status: int = 200, **context: Any) -> HttpResponse:
        context |= {
            "record": record,
            "form": form,
            "field": form[name],
            "name": name,
            "field_url": page.url("field", record.pk, name),
        }
        return render(request, "record/_fact_form.html", context, status=status)

    if request.method == "GET":
        return show()
    if not form.is_valid():
        return show(422)
    before = posted(narrowed(page, name, user=request.user, instance=record)[name])
    saved, answer = attempt(
        form,
        lambda: page.update(
            record,
            actor=actor_of(request),
            expected=form.expected_version,
            **page.given(request),
            **form.values(),
        ),
        show,
        page.refusals,
    )
    if answer is not None:
        return answer
    if not request.htmx:
        return done(request, record.get_absolute_url(), _("Saved"))
    fresh = page.record(request, pk)
    response = _fact(request, page, fresh, name, saved=True)
    if saved.version != record.version:
        after = posted(narrowed(page, name, user=request.user, instance=fresh)[name])
        undo_url = keep(request, page, fresh, name, before=before, after=after)
        response.headers["HX-Trigger"] = triggers(_("Saved"), undo_url=undo_url, changed=("timelineChanged",))
    return response


def _fact(
    request: HttpRequest, page: RecordPage, record: Any, name: str, saved: bool = False
) -> HttpResponse:
    every = facts.shown(page, record, request.user, everything=True)
    context = {
        "record": record,
        "fact": next(fact for fact in every if fact.name == name),
        "saved": saved,
        "may": {"change": True},
    }
    return render(request, "record/_fact.html", context)
