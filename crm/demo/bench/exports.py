"""An export of the whole list against csv over the bare rows."""

import csv
import io
import time

from accounts.models import Customer
from crm.celery import app
from crm.demo.bench.company import viewers
from crm.demo.bench.figures import Figure, peak_mb
from crm.events.actor import Actor
from crm.identity.models import User
from crm.listing.exporting import jobs
from crm.records.models import ExportJob


def measure() -> list[Figure]:
    """The list of all customers as csv and as workbook."""
    app.conf.task_always_eager = True
    user = viewers()["administrator"]
    rows = Customer.objects.count()
    lift_cap(user, rows)
    found = []
    bare = pace(rows, bare_csv)
    for file_format in ("csv", "xlsx"):

        def make(file_format: str = file_format) -> None:
            job = jobs.request_export(
                user, "customers", file_format=file_format, reason="bench", actor=Actor.of(user)
            )
            job = ExportJob._base_manager.get(pk=job.pk)
            if job.state != ExportJob.State.DONE or job.done != rows:
                raise RuntimeError(f"The export is {job.state} with {job.done} rows: {job.error}")
            job.file.delete()

        found.append(
            Figure(
                "exports", f"rows per processor second, {file_format}", pace(rows, make), "", bare, "bare csv"
            )
        )
    return [*found, Figure("exports", f"peak memory for {rows:,} rows", peak_mb(), "MB", bar=300)]


def lift_cap(user: User, rows: int) -> None:
    """Allow the role so many rows, as an administrator does for those who take out whole lists."""
    user.role.export_cap = rows
    user.role.save(update_fields=["export_cap"])


def bare_csv() -> None:
    """The rows as they lie in the table, read in batches."""
    writer = csv.writer(io.StringIO())
    names = ("name", "kind", "tier", "lifecycle_stage", "phone", "owner__name", "updated_at")
    for row in Customer.objects.values_list(*names).iterator(2000):
        writer.writerow(row)


def pace(rows: int, act) -> float:
    """Rows per second of this process's processor time."""
    began = time.process_time()
    act()
    return rows / (time.process_time() - began)
