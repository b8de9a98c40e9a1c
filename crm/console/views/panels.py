"""Forms that open beside the page, and as a page of their own without JavaScript."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from crm.core.writes import RuleBroken


def form_panel(
    request: HttpRequest,
    form: forms.BaseForm,
    *,
    title: str,
    action: str,
    submit: str,
    back: str,
    **context: Any,
) -> HttpResponse:
    """Show a form in the drawer (htmx) or as a page; invalid ones answer 422."""
    drawer = bool(request.headers.get("HX-Request"))
    template = "settings/form_drawer.html" if drawer else "settings/form_page.html"
    context |= {"form": form, "panel_title": title, "action": action, "submit": submit, "back": back}
    return render(request, template, context, status=422 if form.errors else 200)


def done(request: HttpRequest, url: str) -> HttpResponse:
    """After a write: load the page anew."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def add_rule(form: forms.BaseForm, error: RuleBroken) -> None:
    """Show a broken rule at its field, or above the form."""
    form.add_error(error.field if error.field in form.fields else None, str(error))
