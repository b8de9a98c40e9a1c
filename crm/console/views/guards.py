"""Who may open the administrators' pages, and what asks once more who is sitting there."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from crm.identity.access import is_administrator
from crm.identity.confirming import must_confirm

View = Callable[..., HttpResponse]


def administrators_only(view: View) -> View:
    """Sign-in first, then 403 for everybody whose role does not administer the installation."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_administrator(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def confirmed(view: View) -> View:
    """A dangerous act: what is sent asks for the password or the second factor again, unless it was given just now."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST" or not must_confirm(request):
            return view(request, *args, **kwargs)
        if not request.headers.get("HX-Request"):
            raise ReauthenticationRequired
        page = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
        target = f"{reverse('account_reauthenticate')}?{urlencode({'next': page})}"
        return HttpResponse(status=204, headers={"HX-Redirect": target})

    return guarded
