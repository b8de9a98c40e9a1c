"""Likely duplicates while somebody types, and what a form says when a save is refused for them."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Contact, Customer
from accounts.queries import customers as queries
from accounts.queries.duplicates import disclosed, find
from accounts.rules.matching import Keys, keys_of
from accounts.services import DuplicatesFound, Guard
from crm.identity import access
from crm.identity.fields import closed
from crm.identity.models import User


def keys_from(values: Any, user: User) -> Keys:
    """The keys of what stands in a form (or was sent) so far.

    What somebody sees not at all or only in part finds nothing: a number typed must not tell whose it is.
    """
    barred = {*closed(user, Customer), *(f"contact_{name}" for name in closed(user, Contact))}
    given = {
        name: "" if name in barred else str(values.get(name) or "").replace("\x00", "")[:300]
        for name in TYPED
    }
    return keys_of(
        name=given["name"],
        kind=given["kind"],
        uscc=given["uscc"],
        phones=[given["phone"], given["contact_phone"]],
        emails=[given["email"], given["contact_email"]],
    )


TYPED = ("name", "kind", "uscc", "phone", "email", "contact_phone", "contact_email")


@login_required
@require_GET
def customer_suggest(request: HttpRequest) -> HttpResponse:
    """What there is already: likely duplicates over the whole base, and one's own customers of a similar name.

    Of customers out of sight only name and owner are said. `except` names the customer being edited.
    """
    user = request.user
    if not (access.has_verb(user, "add", Customer) or access.has_verb(user, "change", Contact)):
        raise PermissionDenied
    keys = keys_from(request.GET, user)
    edited = request.GET.get("except", "")
    exclude = [int(edited)] if edited.isdecimal() and len(edited) < 19 else []
    matches = disclosed(request.user, find(keys, exclude=exclude))
    text = request.GET.get("name", "").replace("\x00", "").strip()[:100]
    known = {match.customer_id for match in matches} | set(exclude)
    found = queries.named_like(request.user, text) if len(text) >= 2 and not exclude else []
    same = [match for match in matches if not match.links]
    context = {
        "matches": same,
        "links": [match for match in matches if match.links],
        "token": keys.token,
        "blocked": any(match.blocks for match in same),
        "confirmed": request.GET.get("confirmed") == keys.token,
        "found": [customer for customer in found if customer.pk not in known],
        "asked": "contact_phone" in request.GET,
        "number_free": bool(keys.numbers)
        and not any({"phone"} & set(match.verdict.reasons) for match in same),
    }
    return render(request, "accounts/_suggest.html", context)


def guard_of(request: HttpRequest) -> Guard:
    """How strictly a form's save looks for duplicates: a warning passes once somebody has confirmed that very one."""
    return Guard(confirmed=request.POST.get("confirmed", "")[:40])


def refused(form: forms.BaseForm, error: DuplicatesFound) -> dict[str, Any]:
    """What a form shows above its fields when a save was refused."""
    return {
        "matches": disclosed(form.user, error.matches),
        "token": error.token,
        "blocked": error.blocking,
    }
