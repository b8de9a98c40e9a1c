"""How the forms of accounts answer when somebody is there already."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse

from accounts.services import DuplicatesFound
from accounts.views.duplicates import refused
from crm.listing import answers

REFUSALS: answers.Refusals = {
    DuplicatesFound: lambda form, error: {"refusal": "accounts/_duplicates.html"} | refused(form, error)
}


def attempt(
    form: forms.BaseForm, call: Callable[[], Any], show: Callable[..., HttpResponse]
) -> tuple[Any, HttpResponse | None]:
    """Call a service for a valid form, which may find duplicates beside all else that forms are told."""
    return answers.attempt(form, call, show, REFUSALS)
