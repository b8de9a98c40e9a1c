"""Statements that take long are written to the log with their text, never with their values."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

log = structlog.get_logger("crm.database")

LONGEST_TEXT = 600


def watch() -> None:
    """Time every statement of every connection from now on, unless CRM_SLOW_QUERY_MS is 0."""
    if settings.SLOW_QUERY_MS:
        connection_created.connect(_time_statements, dispatch_uid="slow statements")


def _time_statements(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(timed)


def timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Run one statement; the log's line carries the request's or the task's number like all others."""
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        ms = (time.perf_counter() - began) * 1000
        if ms >= settings.SLOW_QUERY_MS:
            log.warning("slow_query", ms=round(ms), sql=" ".join(str(sql).split())[:LONGEST_TEXT])
