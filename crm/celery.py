"""The Celery application.

Work that must not be lost is a row in PostgreSQL; a task only wakes whoever looks at the rows. The settings below
keep a task that a killed worker held from waiting long for its redelivery.
"""

import contextlib
import os

from celery import Celery
from celery.signals import worker_init

from crm.core import health, logs, starting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
# Django's checks are for whoever changes the code, `bin/manage check` and the tests; a worker that died is to be back soon.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("crm", task_cls="crm.core.tasks:ContainedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["crm.listing.importing", "crm.listing.exporting"])

NICENESS = 5

logs.watch_celery()
health.watch_celery()


@worker_init.connect
def step_back(**kwargs: object) -> None:
    """Leave the processor to the pages first: an import may take half a minute longer, a person waits now."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICENESS)


@worker_init.connect
def load_for_all(**kwargs: object) -> None:
    """Before the worker divides itself."""
    starting.before_forking()


@app.on_after_finalize.connect
def note_periodic_tasks(**kwargs: object) -> None:
    """Once the apps are there: each periodic task leaves word of how it went."""
    from crm.records.services.task_runs import watch_celery

    watch_celery()
