"""The base of every background task."""

from typing import Any

from celery import Task


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
