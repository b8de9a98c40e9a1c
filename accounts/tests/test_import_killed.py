"""A worker killed in the middle of an import (kill -9): the next one goes on, and nothing is doubled or lost."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as real_settings
from django.db import connection
from django.utils import timezone

from accounts.models import Activity, Contact, Customer, LifecycleEvent
from accounts.tests.import_tools import text_file
from crm.events.models import Event
from crm.listing.importing import checking, committing, jobs, running
from crm.records.models import ImportJob

pytestmark = pytest.mark.django_db(transaction=True)

ROWS, CHUNK = 60, 20
ROOT = Path(__file__).resolve().parents[2]

# Starts once, and for each line it reads becomes two: the child works until it is killed, the parent says how it ended.
WORKERS = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
settings.MEDIA_ROOT, settings.LANGUAGE_CODE = sys.argv[1], "en"
from crm.listing.importing import checking, committing, running, staging
checking.CHUNK = committing.CHUNK = {chunk}
for line in sys.stdin:
    job, name, calls = line.split()
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    calls, original = int(calls), getattr(staging, name)
    def deadly(*args):
        global calls
        result = original(*args)
        calls -= 1
        if not calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(staging, name, deadly)
    running.advance(int(job))
    break
"""


@pytest.fixture
def work_until_killed():
    """Another process works on a job and is killed inside a transaction, at so many calls of a step."""
    database = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    workers = subprocess.Popen(
        [sys.executable, "-c", WORKERS.format(chunk=CHUNK), str(real_settings.MEDIA_ROOT)],
        env=os.environ
        | {"DATABASE_URL": url, "DATABASE_OWNER_URL": url, "DJANGO_SETTINGS_MODULE": "crm.settings"},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def work(job: ImportJob, step: str, calls: int) -> None:
        workers.stdin.write(f"{job.pk} {step} {calls}\n")
        workers.stdin.flush()
        ended = workers.stdout.readline().strip()
        assert ended == "-9", ended or workers.communicate()[1][-2000:]

    with workers:
        yield work


DEATHS = [
    ("stage", 2, "checking"),  # the second chunk was cleaned and staged, but not committed
    ("settle", 2, "committing"),  # the second chunk of customers was written, but not committed
    ("count", 2, "committing"),  # every row was written, the end was not noted
]


def test_the_next_worker_goes_on_where_the_killed_one_stopped(company, work_until_killed, monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda task, *ids: None)
    woken = []
    monkeypatch.setattr("crm.events.tasks.wake", lambda task, *ids: woken.extend(ids))
    monkeypatch.setattr(checking, "CHUNK", CHUNK)
    monkeypatch.setattr(committing, "CHUNK", CHUNK)
    for step, calls, state in DEATHS:
        lines = [
            f"{step}{number:03}有限公司,联系人{number},139{number:08},2099-01-01,第{number}条备注"
            for number in range(ROWS)
        ]
        sheet = text_file("\n".join(["客户名称,联系人,手机,下次跟进,备注", *lines]))
        job = jobs.start_import(company.sales1, sheet, "customers")
        work_until_killed(job, step, calls)
        job.refresh_from_db()
        assert job.state == state
        assert running.pick_up_dropped() == 0, "it may still be at work"
        ImportJob._base_manager.filter(pk=job.pk).update(beat_at=timezone.now() - timedelta(minutes=2))
        woken.clear()
        assert running.pick_up_dropped() == 1 and woken == [job.pk]
        while running.advance(job.pk):
            pass
        job.refresh_from_db()
        assert (job.state, job.outcome["created"], job.outcome["total"]) == ("done", ROWS, ROWS), step
        written = Customer.objects.filter(name__startswith=step)
        assert written.count() == Contact.objects.filter(customer__in=written).count() == ROWS
        assert LifecycleEvent.objects.filter(customer__in=written).count() == ROWS
        assert Activity.objects.filter(customer__in=written).count() == 2 * ROWS
        events = Event.objects.filter(payload__import=job.pk)
        assert events.filter(name="customer.imported").count() == ROWS
        assert Event.objects.filter(name="import.finished", subject_id=job.pk).count() == 1
