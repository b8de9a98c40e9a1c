"""What one does to a record with a button or a small form: the same steps for quotes, orders and products."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise

from crm.core.writes import RuleBroken
from crm.listing.answers import attempt, done, show_form
from crm.listing.record import RecordPage

Words = str | Promise


def by_button(
    request: HttpRequest,
    record: Any,
    call: Callable[[], Any],
    said: Callable[[Any], str],
    *,
    go: bool = False,
) -> HttpResponse:
    """A verb without questions: done, or said why not. With `go` the page of the result follows."""
    try:
        result = call()
    except RuleBroken as error:
        if request.htmx:
            return done(request, record.get_absolute_url(), str(error))
        messages.error(request, str(error))
        return redirect(record.get_absolute_url())
    return done(request, result.get_absolute_url(), said(result), go=go)


def by_form(
    request: HttpRequest,
    page: RecordPage,
    pk: int,
    form_class: type[forms.BaseForm] | None,
    call: Callable[[Any, dict[str, Any]], Any],
    said: Callable[[Any], str],
    *,
    heading: Callable[[Any], str],
    submit: Words,
    verb: str = "change",
    danger: bool = False,
    body: str = "record/_form.html",
    note: Words = "",
    initial: Callable[[Any], dict[str, Any]] | None = None,
    go: Callable[[Any], str] | None = None,
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """A verb that asks something in the drawer (or on a page): 422 with what a rule said, else done."""
    record = page.record(request, pk, verb)
    given = initial(record) if initial else {}
    form = form_class(request.POST or None, user=request.user, initial=given) if form_class else None

    def show(status: int = 200, **more: Any) -> HttpResponse:
        fixed: dict[str, Any] = {
            "heading": heading(record),
            "back": record.get_absolute_url(),
            "submit": submit,
            "danger": danger,
            "body": body,
            "note": note,
            page.model._meta.model_name or "": record,
        }
        return show_form(request, form, status=status, **(fixed | (context or {}) | more))

    if request.method == "GET":
        return show()
    if form is None:
        try:
            result = call(record, {})
        except RuleBroken as error:
            return show(422, note=str(error))
    elif not form.is_valid():
        return show(422)
    else:
        result, answer = attempt(form, lambda: call(record, form.cleaned_data), show)
        if answer is not None:
            return answer
    return done(request, go(result) if go else record.get_absolute_url(), said(result), go=go is not None)
