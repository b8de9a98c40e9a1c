"""Each person's own language and time zone; business rules keep to the company's."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from crm.core.errors import THEME_COOKIE

YEAR = 365 * 24 * 3600  # seconds


class PreferencesMiddleware:
    """Show pages in the signed-in user's language and time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        language = getattr(user, "language", "") or translation.get_language()
        with translation.override(language), timezone.override(zone_of(user)):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        if getattr(user, "is_authenticated", False):
            response.headers.setdefault("Cache-Control", "no-store")
            _remember_look(request, response, user)
        return response


def _remember_look(request: HttpRequest, response: HttpResponse, user: Any) -> None:
    """Keep language and theme in the browser as well, for the pages that come while the database is away."""
    for name, value in ((settings.LANGUAGE_COOKIE_NAME, user.language), (THEME_COOKIE, user.theme)):
        if value and request.COOKIES.get(name) != value:
            response.set_cookie(
                name, value, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
            )


def zone_of(user: Any) -> zoneinfo.ZoneInfo:
    """The zone a person reads times in, the company's for those who chose none."""
    try:
        return zoneinfo.ZoneInfo(getattr(user, "time_zone", "") or settings.TIME_ZONE)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)
