"""Taking back what was edited in place: the value before stays in the person's session for a day."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.listing.answers import done, triggers
from crm.listing.record import facts

if TYPE_CHECKING:
    from crm.listing.forms import CrmModelForm
    from crm.listing.record.declare import RecordPage

KEPT = 20
FOR = timedelta(days=1)
SESSION_KEY = "edited_in_place"
Posted = dict[str, list[str]]


def posted(field: forms.BoundField) -> Posted:
    """A field's present value as its form would send it."""
    return _sent(field.field.widget, field.html_name, field.value())


def _sent(widget: forms.Widget, name: str, value: Any) -> Posted:
    if isinstance(widget, forms.MultiWidget):
        parts = value if isinstance(value, list | tuple) else widget.decompress(value)
        whole: Posted = {}
        for one, suffix, part in zip(widget.widgets, widget.widgets_names, parts, strict=True):
            whole |= _sent(one, f"{name}{suffix}", part)
        return whole
    if isinstance(widget, forms.CheckboxInput):
        return {name: ["on"]} if widget.check_test(value) else {}
    shown = widget.format_value(value)
    many = shown if isinstance(shown, list | tuple) else [shown]
    found = [str(one) for one in many if one is not None]
    if getattr(widget, "allow_multiple_selected", False):
        return {name: found} if found else {}
    return {name: found or [""]}


def narrowed(page: RecordPage, name: str, data: Any = None, **options: Any) -> CrmModelForm:
    """The form of a record with one of its fields alone."""
    form = page.form(data, **options)
    form.keep_only(name)
    return form


def keep(
    request: HttpRequest, page: RecordPage, record: Any, name: str, *, before: Posted, after: Posted
) -> str:
    """Remember what a field held before it was edited; returns the address that brings it back."""
    token = secrets.token_urlsafe(9)
    entry = [page.key, record.pk, name, before, after, timezone.now().isoformat()]
    entries = {**request.session.get(SESSION_KEY, {}), token: entry}
    request.session[SESSION_KEY] = dict(list(entries.items())[-KEPT:])
    return f"{page.url('field_undo', record.pk, name)}?edit={token}"


@require_POST
def take_back(request: HttpRequest, pk: int, name: str, *, page: RecordPage) -> HttpResponse:
    """Put back what a field held before it was edited in place, unless somebody has changed it since."""
    record = page.record(request, pk, "change")
    token = request.GET.get("edit", "")
    entry = request.session.get(SESSION_KEY, {}).get(token)
    if (
        entry is None
        or entry[:3] != [page.key, pk, name]
        or name not in facts.editable(page, record, request.user)
    ):
        raise Http404
    _key, _pk, _name, before, after, at = entry
    if timezone.now() - datetime.fromisoformat(at) > FOR:
        return _answer(request, record, _("Too late to undo: this was more than a day ago."), bad=True)
    form = narrowed(page, name, user=request.user, instance=record)
    if name not in form.fields or posted(form[name]) != after:
        return _answer(request, record, _("Not undone: somebody has changed it since."), bad=True)
    form = narrowed(page, name, _query(before, record.version), user=request.user, instance=record)
    if not form.is_valid():
        return _answer(request, record, " ".join(form.errors.get(name, [_("Not undone.")])), bad=True)
    try:
        page.update(
            record,
            actor=actor_of(request),
            expected=form.expected_version,
            **page.given(request),
            **form.values(),
        )
    except RuleBroken as error:
        return _answer(request, record, str(error), bad=True)
    entries = request.session[SESSION_KEY]
    request.session[SESSION_KEY] = {key: one for key, one in entries.items() if key != token}
    return _answer(request, record, _("Undone."))


def _query(values: Posted, version: int) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, several in values.items():
        query.setlist(name, several)
    query["version"] = str(version)
    return query


def _answer(request: HttpRequest, record: Any, text: str, *, bad: bool = False) -> HttpResponse:
    if not request.htmx:
        return done(request, record.get_absolute_url(), text)
    changed = () if bad else ("recordChanged", "timelineChanged")
    header = triggers(text, changed=changed, kind="bad" if bad else "ok")
    return HttpResponse(status=204, headers={"HX-Trigger": header})
