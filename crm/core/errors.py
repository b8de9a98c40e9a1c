"""What people get when something breaks beneath every page: 503 while the database is away, otherwise 500; and when
a page is too old to be saved."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure

RETRY_SECONDS = "30"
THEME_COOKIE = "theme"  # what somebody chose, for pages that cannot ask the database

AWAY = ("57P",)
"""Error classes of a server that is going down; without a code the connection itself failed."""


def stale_page(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form from before the last sign-in. A part of a page cannot show it, so its script gets a sign."""
    response = csrf_failure(request, reason)
    response.headers["X-Page-Stale"] = "1"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for an exception nobody handled. It needs no database, no session and no context."""
    away = database_is_away(sys.exc_info()[1])
    status = 503 if away else 500
    response: HttpResponse
    if request.path_info.startswith("/api/"):
        title = _("The service is not available at the moment.") if away else _("Something went wrong.")
        response = JsonResponse({"type": "about:blank", "title": title, "status": status}, status=status)
        response["Content-Type"] = "application/problem+json"
    else:
        look = {"theme": request.COOKIES.get(THEME_COOKIE, "")}
        response = HttpResponse(loader.get_template(f"{status}.html").render(look, None), status=status)
    if away:
        response["Retry-After"] = RETRY_SECONDS
    return response


def database_is_away(error: BaseException | None) -> bool:
    """Whether an error means that PostgreSQL cannot be reached, rather than that it refused a statement."""
    if not isinstance(error, InterfaceError | OperationalError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(AWAY)
