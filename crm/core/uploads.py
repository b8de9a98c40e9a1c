"""Uploads that are too large are refused by their announced size, before a byte of them is read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _

ENVELOPE = 1024 * 1024
"""Room for the form around the file."""


class UploadLimitMiddleware:
    """Answers 413 to a request whose body is larger than any file that may be uploaded; nothing of it is stored."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.IMPORT_MAX_MB * 1024 * 1024 + ENVELOPE:
            return too_large(request)
        return self.get_response(request)


def too_large(request: HttpRequest) -> HttpResponse:
    """The refusal, as page or as problem JSON; it needs no session."""
    detail = _("The file is larger than %(limit)s MB. Split it and upload the parts.") % {
        "limit": settings.IMPORT_MAX_MB
    }
    if request.path_info.startswith("/api/"):
        problem = {"type": "about:blank", "title": _("Too large"), "status": 413, "detail": detail}
        return JsonResponse(
            problem | {"code": "too_large"}, status=413, content_type="application/problem+json"
        )
    page = loader.get_template("413.html").render({"detail": detail}, request)
    return HttpResponse(page, status=413)
