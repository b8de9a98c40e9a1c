"""What happens on the way to every page: devices are noted, new passwords and second factors come first, and who is
signed out is told so."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from crm.identity import services

ALLOWED = ("/auth/", "/static/", "/i18n/", "/healthz", "/metrics", "/settings/preferences/")
WATCHED = "device"  # in the session: the noted device, its session key, when it was last noted
NOTED_EVERY = 600  # seconds


class SessionWatchMiddleware:
    """Note, every ten minutes and when the session gets a new key, that a device is in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        watched = request.session.get(WATCHED) if request.user.is_authenticated else None
        if watched:
            pk, key, at = watched
            now, present = int(time.time()), request.session.session_key
            if present and (key != present or now - at > NOTED_EVERY):
                services.touch_session(pk, present)
                request.session[WATCHED] = [pk, present, now]
        return response


class SignInMiddleware:
    """Let the pages of the sign-in open as pages of their own when a part of a page leads there.

    After the session has ended they lead back, and what was about to be saved stays on the screen.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        target = response.headers.get("Location", "")
        if not target or not request.headers.get("HX-Request"):
            return response
        if target.startswith(reverse("account_reauthenticate")):
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        sign_in = reverse("account_login")
        if not target.startswith(sign_in):
            return response
        if request.method != "GET":
            return HttpResponse(status=401)
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = f"{page.path or '/'}?{page.query}".removesuffix("?")
        return HttpResponse(status=204, headers={"HX-Redirect": f"{sign_in}?{urlencode({'next': back})}"})


class SecondFactorMiddleware:
    """Send people whose role needs a second factor to where they set one up, before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.SECOND_FACTOR or request.path.startswith(ALLOWED) or not self._is_missing(request):
            return self.get_response(request)
        return sent_to(request, reverse("mfa_activate_totp"))

    def _is_missing(self, request: HttpRequest) -> bool:
        user = request.user
        if not user.is_authenticated or not (user.role and user.role.needs_second_factor):
            return False
        return not user.has_second_factor  # read with the person: what is reset is gone for the next request


class NewPasswordMiddleware:
    """Send people whose password an administrator set to the page where they choose their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not (user.is_authenticated and getattr(user, "must_change_password", False)):
            return self.get_response(request)
        if request.path.startswith(ALLOWED):
            return self.get_response(request)
        return sent_to(request, reverse("account_change_password"))


def sent_to(request: HttpRequest, target: str) -> HttpResponse:
    """Another page first; programs are told that there is nothing for them yet."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    if request.path.startswith("/api/"):
        return HttpResponse(status=403)
    return HttpResponseRedirect(target)
