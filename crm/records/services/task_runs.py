"""The periodic tasks leave word of how they went, for the administrator's system page."""

import time
from datetime import timedelta
from typing import Any

import structlog
from celery import signals
from django.conf import settings
from django.db import Error
from django.utils import timezone

from crm.records.models import TaskRun

log = structlog.get_logger(__name__)

_began: dict[str, float] = {}


def note_run(task: str, *, seconds: float, error: str = "") -> None:
    """Renew the row of a periodic task that has just ended."""
    values = {"began_at": timezone.now() - timedelta(seconds=seconds), "seconds": round(seconds, 3)}
    TaskRun._base_manager.update_or_create(task=task, defaults={**values, "error": error[:1000]})


def watch_celery() -> None:
    """Note every run of the tasks in beat's timetable."""
    signals.task_prerun.connect(_begin, dispatch_uid="a task begins")
    signals.task_postrun.connect(_end, dispatch_uid="a task has ended")


def _begin(task_id: str, task: Any, **kwargs: Any) -> None:
    if task.name in periodic_tasks():
        _began[task_id] = time.monotonic()


def _end(task_id: str, task: Any, state: str = "", retval: Any = None, **kwargs: Any) -> None:
    began = _began.pop(task_id, None)
    if began is None:
        return
    error = f"{type(retval).__name__}: {retval}" if isinstance(retval, BaseException) else ""
    try:
        note_run(task.name, seconds=time.monotonic() - began, error=error)
    except Error as failed:  # the database is away: the next run will tell
        log.warning("task_run_not_noted", task=task.name, error=str(failed))


def periodic_tasks() -> set[str]:
    """The names of the tasks that beat sends."""
    return {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
