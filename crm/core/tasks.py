"""The base of every background task."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Task
from django.db import connection, transaction


class OutOfMemory(RuntimeError):
    """A task wanted more memory than there is."""


class ContainedTask(Task):
    """A task whose failures stay its own.

    Celery takes a MemoryError for the end of the whole worker, with everything else it has in hand.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except MemoryError as error:
            raise OutOfMemory(str(error)) from error


@contextmanager
def alone_at(work: str) -> Iterator[bool]:
    """One transaction of a piece of work that only one may do at a time; False while somebody else is at it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [work])
            mine = cursor.fetchone()[0]
        yield mine
