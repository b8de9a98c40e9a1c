"""Whether everything answers: the database, the broker, a worker and beat.

Worker and beat leave signs of life in the broker: the worker every few seconds from its event loop, however busy its
processes are, beat whenever it has sent a due task.
"""

import time
from functools import cache
from typing import Any

import redis
from celery import signals
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

ALIVE_SECONDS = {"worker": 30, "beat": 60}
"""A part whose last sign is older than this counts as dead."""

WRITE_EVERY = 5.0


@cache
def broker() -> redis.Redis:
    """The connection to the broker for questions that must not wait: it gives up after a second."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, decode_responses=True
    )


def key_of(part: str) -> str:
    """The key under which a part leaves its sign of life."""
    return f"crm:alive:{part}"


class SignOfLife:
    """Writes the sign of one part, seldom enough to cost nothing."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.written = 0.0

    def __call__(self, **kwargs: Any) -> None:
        now = time.monotonic()
        if now - self.written < WRITE_EVERY:
            return
        self.written = now
        try:
            broker().set(key_of(self.part), int(time.time()), ex=ALIVE_SECONDS[self.part])
        except redis.RedisError:
            self.written = 0.0


_worker_lives, _beat_lives = SignOfLife("worker"), SignOfLife("beat")


def watch_celery() -> None:
    """Make the Celery worker and beat leave signs of life."""
    signals.worker_ready.connect(_worker_lives, dispatch_uid="worker is ready")
    signals.heartbeat_sent.connect(_worker_lives, dispatch_uid="worker is alive")
    signals.beat_init.connect(_beat_begins, dispatch_uid="beat begins")


def _beat_begins(**kwargs: Any) -> None:
    _beat_lives()
    signals.after_task_publish.connect(_beat_lives, dispatch_uid="beat has sent a task")


def checks() -> dict[str, str]:
    """Each part with "ok" or what is wrong with it, in a word."""
    found = {"database": _database(), "broker": "ok"}
    try:
        alive = broker().mget([key_of(part) for part in ALIVE_SECONDS])
    except redis.RedisError:
        found["broker"] = "unreachable"
        return found | dict.fromkeys(ALIVE_SECONDS, "unknown")
    return found | {
        part: "ok" if sign else "no sign of life" for part, sign in zip(ALIVE_SECONDS, alive, strict=True)
    }


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return "unreachable"
    return "ok"


def healthz(request: HttpRequest) -> JsonResponse:
    """For watchers: 200 when every check is ok, otherwise 503 naming the one that is not.

    A load balancer asks `/healthz?check=database`: a web process is of use while that one is ok.
    """
    wanted = request.GET.getlist("check")
    found = {part: state for part, state in checks().items() if not wanted or part in wanted}
    well = all(state == "ok" for state in found.values())
    answer = JsonResponse(
        {"status": "ok" if well else "failing", "checks": found}, status=200 if well else 503
    )
    answer["Cache-Control"] = "no-store"
    return answer
