"""Taking back what was edited in place: the value before stays in the person's session for a day."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import services
from accounts.forms import FieldForm
from accounts.models import Customer
from accounts.queries import customers as queries
from accounts.views import facts
from accounts.views.activity_answers import triggers
from accounts.views.answers import done
from accounts.views.duplicates import guard_of
from crm.core.writes import RuleBroken
from crm.events.actor import actor_of
from crm.identity import access

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


def keep(request: HttpRequest, customer: Customer, name: str, *, before: Posted, after: Posted) -> str:
    """Remember what a field held before it was edited; returns the address that brings it back."""
    token = secrets.token_urlsafe(9)
    entry = [customer.pk, name, before, after, timezone.now().isoformat()]
    entries = {**request.session.get(SESSION_KEY, {}), token: entry}
    request.session[SESSION_KEY] = dict(list(entries.items())[-KEPT:])
    return f"{reverse('customer_field_undo', args=[customer.pk, name])}?edit={token}"


@login_required
@require_POST
def customer_field_undo(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Put back what a field held before it was edited in place, unless somebody has changed it since."""
    customer = access.get_visible_or_404(
        Customer, request.user, pk, "change", queryset=queries.customer_record()
    )
    token = request.GET.get("edit", "")
    entry = request.session.get(SESSION_KEY, {}).get(token)
    if entry is None or entry[:2] != [pk, name] or name not in facts.editable(customer, request.user):
        raise Http404
    _pk, _name, before, after, at = entry
    if timezone.now() - datetime.fromisoformat(at) > FOR:
        return _answer(request, customer, _("Too late to undo: this was more than a day ago."), bad=True)
    form = FieldForm(user=request.user, instance=customer, name=name)
    if name not in form.fields or posted(form[name]) != after:
        return _answer(request, customer, _("Not undone: somebody has changed it since."), bad=True)
    form = FieldForm(_query(before, customer.version), user=request.user, instance=customer, name=name)
    if not form.is_valid():
        return _answer(request, customer, " ".join(form.errors.get(name, [_("Not undone.")])), bad=True)
    try:
        services.update_customer(
            customer,
            actor=actor_of(request),
            expected=form.expected_version,
            guard=guard_of(request),
            **form.values(),
        )
    except RuleBroken as error:
        return _answer(request, customer, str(error), bad=True)
    entries = request.session[SESSION_KEY]
    request.session[SESSION_KEY] = {key: one for key, one in entries.items() if key != token}
    return _answer(request, customer, _("Undone."))


def _query(values: Posted, version: int) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, several in values.items():
        query.setlist(name, several)
    query["version"] = str(version)
    return query


def _answer(request: HttpRequest, customer: Customer, text: str, *, bad: bool = False) -> HttpResponse:
    if not request.htmx:
        return done(request, customer.get_absolute_url(), text)
    changed = () if bad else ("customerChanged", "timelineChanged")
    header = triggers(text, changed=changed, kind="bad" if bad else "ok")
    return HttpResponse(status=204, headers={"HX-Trigger": header})
