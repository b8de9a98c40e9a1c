"""Each person's own language and time zone; business rules keep to the company's."""

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation


class PreferencesMiddleware:
    """Show pages in the signed-in user's language and time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        language = getattr(user, "language", "") or translation.get_language()
        zone = getattr(user, "time_zone", "") or settings.TIME_ZONE
        try:
            zone_info = zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            zone_info = zoneinfo.ZoneInfo(settings.TIME_ZONE)
        with translation.override(language), timezone.override(zone_info):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        if getattr(user, "is_authenticated", False):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
