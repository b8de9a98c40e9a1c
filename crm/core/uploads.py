"""Uploads that are too large are refused by their announced size, unread; one that breaks off is never taken for whole."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _

MEGABYTE = 1024 * 1024
ENVELOPE = MEGABYTE
"""Room for the form around the file."""


class UploadLimitMiddleware:
    """Answers 413 to a request whose body is larger than any file that may be uploaded; nothing of it is stored."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        limit = largest(request.path_info)
        if length.isdecimal() and int(length) > limit * MEGABYTE + ENVELOPE:
            return too_large(request, limit)
        return self.get_response(request)


class WholeBody:
    """Around the WSGI application: a body that ends before its announced length is an error, not a shorter body.

    Django takes what it got of a form whose sender went away, and would keep half a file.
    """

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        length = environ.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length):
            environ["wsgi.input"] = _Whole(environ["wsgi.input"], int(length))
        return self.application(environ, start_response)


class _Whole:
    """A request's body that counts what it still owes."""

    def __init__(self, body: Any, length: int) -> None:
        self.body, self.left = body, length

    def read(self, size: int = -1) -> bytes:
        return self._counted(self.body.read(size), size)

    def readline(self, size: int = -1) -> bytes:
        return self._counted(self.body.readline(size), size)

    def _counted(self, data: bytes, size: int) -> bytes:
        self.left -= len(data)
        if not data and size != 0 and self.left > 0:
            raise ConnectionResetError("the request broke off")
        return data


def largest(path: str) -> int:
    """How many megabytes may be sent to an address: one attachment where one is sent, else what any upload may have.

    The form of a record's files, which works without JavaScript, may send several at once.
    """
    if path == "/files/" or (path.startswith("/api/") and path.endswith("/files/")):
        return settings.FILE_MAX_MB
    return max(settings.IMPORT_MAX_MB, settings.FILE_MAX_MB)


def too_large(request: HttpRequest, limit: int) -> HttpResponse:
    """The refusal, as page or as problem JSON; it needs no session."""
    detail = _("The file is larger than %(limit)s MB. Split it and upload the parts.") % {"limit": limit}
    if request.path_info.startswith("/api/"):
        problem = {"type": "about:blank", "title": _("Too large"), "status": 413, "detail": detail}
        return JsonResponse(
            problem | {"code": "too_large"}, status=413, content_type="application/problem+json"
        )
    page = loader.get_template("413.html").render({"detail": detail}, request)
    return HttpResponse(page, status=413)
