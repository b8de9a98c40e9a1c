"""Unexpected errors go to Sentry, or whatever speaks its protocol, where CRM_SENTRY_DSN names one. Never personal data."""

from typing import Any

import sentry_sdk
import structlog
from django.conf import settings


def watch(**more: Any) -> None:
    """Report errors of web, worker and commands from now on."""
    if settings.SENTRY_DSN:
        sentry_sdk.init(
            settings.SENTRY_DSN,
            include_local_variables=False,  # they hold names and phone numbers
            max_request_body_size="never",
            before_send=_prepared,
            **more,
        )


def _prepared(event: Any, hint: dict[str, Any]) -> Any:
    """Add the number by which the error is found in our own log; leave out what people typed."""
    known = structlog.contextvars.get_contextvars()
    numbers = {name: known[name] for name in ("request_id", "task_id") if name in known}
    event["tags"] = {**(event.get("tags") or {}), **numbers}
    request = event.get("request") or {}
    for name in ("query_string", "cookies", "headers", "data"):
        request.pop(name, None)
    event.pop("breadcrumbs", None)  # they repeat statements and messages
    return event
