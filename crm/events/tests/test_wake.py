"""Waking the workers never holds up a request, whatever the broker does."""

import socket
import time

import pytest
from celery import Celery

from crm.events import tasks


def _nothing():
    pass


@pytest.fixture
def broker(monkeypatch):
    """A port on which a broker is said to be, and a task that would go there."""
    tasks._impatient.cache_clear()
    monkeypatch.setattr(tasks, "_away_until", 0.0)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = Celery("away", broker=f"redis://127.0.0.1:{listener.getsockname()[1]}/0", set_as_current=False)
        monkeypatch.setattr(tasks, "current_app", app)
        yield listener, app.task(_nothing, name="nothing")
    tasks._impatient.cache_clear()


@pytest.mark.parametrize("silent", [False, True], ids=["refused", "never answers"])
def test_a_broker_that_is_away_is_asked_once_and_briefly(broker, caplog, silent):
    listener, task = broker
    if silent:
        listener.listen(1)
    started = time.monotonic()
    for _n in range(20):  # one request may cause many events
        tasks.wake(task)
    assert time.monotonic() - started < 2  # it was six seconds each
    assert caplog.text.count("broker_unavailable") == 1


def test_after_a_while_it_is_asked_again(broker, caplog, monkeypatch):
    tasks.wake(broker[1])
    monkeypatch.setattr(tasks, "_away_until", time.monotonic() - 1)
    tasks.wake(broker[1])
    assert caplog.text.count("broker_unavailable") == 2
