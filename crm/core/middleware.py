"""What every request passes first: a number, a line in the log, a figure for Prometheus."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from crm.core import health, metrics

log = structlog.get_logger("crm.request")

GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")

WATCHERS = {"/healthz": health.healthz, "/metrics": metrics.metrics}
"""Answered before host names, sessions and languages are looked at: watchers ask by bare address."""


def _numbers(found: dict[str, object]) -> dict[str, int]:
    """The record numbers of an address; never its tokens or names."""
    return {key: value for key, value in found.items() if isinstance(value, int)}


class ObservationMiddleware:
    """Numbers each request, logs it without its query string, and counts it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        watcher = WATCHERS.get(request.path_info)
        if watcher is not None:
            return watcher(request)
        began = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        number = given if GIVEN_ID.match(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=number)
        response = self.get_response(request)
        response["X-Request-ID"] = number
        seconds = time.perf_counter() - began
        match = request.resolver_match
        route = "/" + match.route.lstrip("/") if match else "(none)"
        method = request.method or ""
        metrics.observe(method, route, response.status_code, seconds)
        if not request.path_info.startswith("/static/"):
            user = request.__dict__.get("user")
            log.info(
                "request",
                method=method,
                route=route,
                ids=_numbers(match.kwargs if match else {}),
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                user_id=getattr(user, "pk", None),
            )
        return response


class FileSentMiddleware:
    """Lets a page know that a file answered its form, since such an answer leaves the page as it is: by a cookie that
    the page's own script reads and drops (static/js/download.js)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_file = response.get("Content-Disposition", "").startswith("attachment")
        if is_file and settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.set_cookie(
                "file_sent", "1", max_age=60, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
            )
        return response
