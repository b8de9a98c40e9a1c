"""A form that creates something and arrives twice, by a double click or a shaky line, has one effect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from crm.records.models import IdempotencyKey
from crm.records.services.idempotency import keep_answer, take_key

REMEMBERED = timedelta(minutes=10)
"""After that the same form, still open, may mean a second record."""
KEPT = ("HX-Redirect", "HX-Trigger", "HX-Location")

View = Callable[..., HttpResponse]


def once(view: View) -> View:
    """A view that creates: the same form, filled in the same way and sent again, gets the first answer again.

    Every rendering of a form carries a CSRF token of its own, which tells a second click from a second record. Only
    what went through is remembered; a form that came back with errors may be sent again.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sent_by_form = request.method == "POST" and "csrfmiddlewaretoken" in request.POST
        if not sent_by_form or not request.user.is_authenticated:
            return view(request, *args, **kwargs)
        with transaction.atomic():
            key = _fingerprint(request)
            row, first = take_key(request.user, f"form:{key}", key, REMEMBERED)
            if not first:
                return _answer_again(request, row)
            response = view(request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
            else:
                headers = {name: response.headers[name] for name in KEPT if name in response.headers}
                place = response.headers.get("Location", "")
                keep_answer(row, status=response.status_code, body=headers, location=place)
            return response

    guarded.creates_once = True  # type: ignore[attr-defined]
    return guarded


def _answer_again(request: HttpRequest, row: IdempotencyKey) -> HttpResponse:
    """Where the first one led; a page that showed something once (a secret) is not shown again."""
    if row.location:
        return redirect(row.location)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers=row.body)
    return redirect(request.get_full_path())


def _fingerprint(request: HttpRequest) -> str:
    fields = [request.path, *(f"{name}={values}" for name, values in sorted(request.POST.lists()))]
    fields += [f"{name}:{f.name}:{f.size}" for name, files in sorted(request.FILES.lists()) for f in files]
    return hashlib.sha256("\n".join(fields).encode()).hexdigest()
