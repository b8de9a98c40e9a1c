"""Whoever has to choose a new password does so before anything else."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

ALLOWED = ("/auth/", "/static/", "/i18n/", "/healthz", "/metrics", "/settings/preferences/")


class NewPasswordMiddleware:
    """Send people whose password an administrator set to the page where they choose their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not (user.is_authenticated and getattr(user, "must_change_password", False)):
            return self.get_response(request)
        target = reverse("account_change_password")
        if request.path.startswith(ALLOWED):
            return self.get_response(request)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        if request.path.startswith("/api/"):
            return HttpResponse(status=403)
        return HttpResponseRedirect(target)
