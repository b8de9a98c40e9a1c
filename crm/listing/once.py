"""A form that creates something and arrives twice, by a double click or a shaky line, has one effect."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from crm.records.models import IdempotencyKey
from crm.records.services.idempotency import answer_once

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
        key = _fingerprint(request)
        return answer_once(
            request.user,
            f"form:{key}",
            key,
            answer=lambda: view(request, *args, **kwargs),
            again=lambda row: _answer_again(request, row),
            kept=lambda response: {name: response.headers[name] for name in KEPT if name in response.headers},
            kept_for=REMEMBERED,
        )

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
