"""Delivery of events to their consumers, and how a request wakes the workers."""

import time
from functools import cache

import structlog
from celery import Task, current_app, shared_task
from kombu import Connection
from kombu.pools import producers

from crm.events.delivery import deliver_pending

log = structlog.get_logger(__name__)

LONGEST_WAIT = 0.25  # seconds a request may lose on a broker that does not answer
AWAY_FOR = 5.0  # seconds for which nobody asks it again; the rows wait for beat
_away_until = 0.0


@shared_task
def deliver_events() -> int:
    """Hand waiting events to their consumers; beat calls it too, so that a lost wake-up only means a short wait."""
    return deliver_pending()


def wake(task: Task, *args: object) -> None:
    """Start a task soon; where the broker is away the rows wait for beat instead of the person waiting for us."""
    global _away_until
    if current_app.conf.task_always_eager:
        task.delay(*args)
        return
    if time.monotonic() < _away_until:
        return
    try:
        with producers[_impatient()].acquire(block=True) as producer:
            task.apply_async(args, producer=producer, retry=False)
    except Exception as error:
        _away_until = time.monotonic() + AWAY_FOR
        log.warning("broker_unavailable", task=task.name, error=str(error))


@cache
def _impatient() -> Connection:
    """The broker as somebody reaches it who has no time: one attempt, briefly. Workers have patience of their own."""
    once = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}
    limits = {"socket_connect_timeout": LONGEST_WAIT, "socket_timeout": LONGEST_WAIT}
    return current_app.connection_for_write(
        transport_options={
            **once,
            **limits,
            "connect_retries_timeout": LONGEST_WAIT,
            "retry_on_timeout": False,
        }
    )
