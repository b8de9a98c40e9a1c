"""How pages answer: forms as a drawer or a page of their own, results as a toast or a message."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise

from crm.core.writes import RuleBroken, StaleVersion
from crm.listing.forms import conflict_rows

CHANGED = ("recordChanged", "timelineChanged", "listChanged", "followUpsChanged")
Refusals = Mapping[type[Exception], Callable[..., dict[str, Any]]]
Words = str | Promise | Callable[[Any], str]


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


def refused(request: HttpRequest, url: str, text: str) -> HttpResponse:
    """A rule forbids it, or somebody was faster: a toast says so and the page shows what is true now, or `url` does."""
    if not request.htmx:
        messages.error(request, text)
        return redirect(url)
    return HttpResponse(status=409, headers={"HX-Trigger": triggers(text, kind="bad"), "HX-Reswap": "none"})


def version_in(request: HttpRequest) -> int | None:
    """The version of the record that stood on the page which sent this, where it says so."""
    sent = request.POST.get("version", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else None


def by_button(
    request: HttpRequest, record: Any, call: Callable[[], Any], said: Words, *, go: bool = False
) -> HttpResponse:
    """A verb without questions: done, or said why not. With `go` the page of the result follows."""
    try:
        result = call()
    except RuleBroken as error:
        return refused(request, record.get_absolute_url(), str(error))
    return done(request, result.get_absolute_url(), _words(said, result), go=go)


def by_form(
    request: HttpRequest,
    form: forms.BaseForm | None,
    call: Callable[[], Any],
    said: Words,
    *,
    back: str,
    go: Callable[[Any], str] | None = None,
    undo_url: str = "",
    refusals: Refusals | None = None,
    asks: bool = False,
    **shown: Any,
) -> HttpResponse:
    """A verb that asks something first, beside the page or on one of its own; without a form, whether one is sure.

    `call` is made once the form is valid. What was typed and cannot be is a 422; where nothing was typed, a rule that
    forbids the verb is about the state of the record, and a 409 as in the API. `go` names the page that follows,
    an empty one or none stays where one is; `asks` shows the form whatever was sent.
    """
    shown.setdefault("body", "record/_form.html" if form is not None else "record/_question.html")

    def show(status: int = 200, **context: Any) -> HttpResponse:
        return show_form(request, form, back=back, status=status, **(shown | context))

    if asks or request.method == "GET":
        return show()
    if form is None:
        try:
            result = call()
        except RuleBroken as error:
            return show(409, note=str(error), blocked=True)
    elif not form.is_valid():
        return show(422)
    else:
        result, answer = attempt(form, call, show, refusals)
        if answer is not None:
            return answer
    url = go(result) if go else ""
    return done(request, url or back, _words(said, result), undo_url=undo_url, go=bool(url))


def _words(said: Words, result: Any) -> str:
    return said(result) if callable(said) else str(said)


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
