"""How pages answer: forms as a drawer or a page of their own, results as a toast or a message."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from crm.core.writes import RuleBroken, StaleVersion
from crm.listing.forms import conflict_rows

CHANGED = ("recordChanged", "timelineChanged", "listChanged", "followUpsChanged")
Refusals = Mapping[type[Exception], Callable[..., dict[str, Any]]]


def in_drawer(request: HttpRequest) -> bool:
    """Whether the answer goes into the drawer beside the page."""
    return bool(request.htmx) and request.htmx.target == "drawer"


def triggers(text: str, *, undo_url: str = "", changed: tuple[str, ...] = CHANGED, kind: str = "ok") -> str:
    """The header that shows a toast and renews parts of the page."""
    toast = {"text": text, "kind": kind} | ({"undo_url": undo_url} if undo_url else {})
    found: dict[str, Any] = {"toast": toast, **dict.fromkeys(changed, True)}
    return json.dumps(found)


def show_form(
    request: HttpRequest,
    form: forms.BaseForm | None,
    *,
    heading: Any,
    back: str,
    body: str = "record/_form.html",
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """A form beside the page (htmx) or as a page of its own (without JavaScript)."""
    template = "record/form_drawer.html" if in_drawer(request) else "record/form_page.html"
    context |= {
        "body_template": body,
        "form": form,
        "heading": heading,
        "action": request.get_full_path(),
        "full_url": back,
        "back": back,
    }
    return render(request, template, context, status=status)


def done(request: HttpRequest, url: str, text: str, *, undo_url: str = "", go: bool = False) -> HttpResponse:
    """It is saved: close the drawer and say so, or go to `url`."""
    if not request.htmx:
        messages.success(request, text)
        return redirect(url)
    if go:
        messages.success(request, text)
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    toast = {"text": text} | ({"undo_url": undo_url} if undo_url else {})
    # The drawer goes last: what fires on its form after that no longer reaches the page.
    found: dict[str, Any] = {"toast": toast, **dict.fromkeys(CHANGED, True), "drawer:close": True}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(found)})


def attempt(
    form: forms.BaseForm,
    call: Callable[[], Any],
    show: Callable[..., HttpResponse],
    refusals: Refusals | None = None,
) -> tuple[Any, HttpResponse | None]:
    """Call a service for a valid form: its result, or the answer that shows what a rule or another editor said.

    `refusals` say for further kinds of broken rules what the form shows about them.
    """
    try:
        return call(), None
    except StaleVersion as error:
        current = error.current
        form.data = form.data.copy()
        form.data[form.add_prefix("version")] = str(current.version)
        return None, show(status=409, conflict=conflict_rows(form, error), current=current)
    except RuleBroken as error:
        for kind, words in (refusals or {}).items():
            if isinstance(error, kind):
                return None, show(status=422, **words(form, error))
        if hasattr(form, "add_rule"):
            form.add_rule(error)
        else:
            form.add_error(None, str(error))
        return None, show(status=422)
