"""Delivery of events to their consumers."""

import structlog
from celery import Task, shared_task

from crm.events.delivery import deliver_pending

log = structlog.get_logger(__name__)


@shared_task
def deliver_events() -> int:
    """Hand waiting events to their consumers; beat calls it too, so that a lost wake-up only means a short wait."""
    return deliver_pending()


def wake(task: Task, *args: object) -> None:
    """Start a task soon; where the broker is away the rows wait for beat instead of the person waiting for us."""
    try:
        task.delay(*args)
    except Exception as error:
        log.warning("broker_unavailable", task=task.name, error=str(error))
