"""What one task does must not end the worker that others share."""

import pytest
from celery import Celery, current_app

from crm.core.tasks import ContainedTask, OutOfMemory


def test_a_task_that_runs_out_of_memory_fails_alone() -> None:
    app = Celery("hungry", task_cls=ContainedTask, set_as_current=False)

    @app.task
    def eat() -> None:
        raise MemoryError

    with pytest.raises(OutOfMemory):  # Celery would end the whole worker over a MemoryError
        eat()


def test_every_task_of_ours_is_contained() -> None:
    ours = {name: task for name, task in current_app.tasks.items() if not name.startswith("celery.")}
    assert ours
    assert not [name for name, task in ours.items() if not isinstance(task, ContainedTask)]
