"""Small helpers for the tests of imports: files built in memory, a job carried through to its end."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from crm.events.actor import Actor
from crm.identity.models import User
from crm.listing.importing import jobs, running
from crm.records.models import ImportJob, ImportRow


def xlsx(*rows: Sequence[Any], title: str = "Sheet1", name: str = "customers.xlsx") -> SimpleUploadedFile:
    """A workbook of one sheet."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return SimpleUploadedFile(name, target.getvalue())


def text_file(
    content: str | bytes, encoding: str = "utf-8", name: str = "customers.csv"
) -> SimpleUploadedFile:
    """A text table in some encoding."""
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode(encoding))


def check(user: User, upload: Any, resource: str = "customers", **options: Any) -> ImportJob:
    """Upload and check a file as this person."""
    job = jobs.start_import(user, upload, resource, dry_run=True, **options)
    return carry_on(job)


def run(user: User, upload: Any, resource: str = "customers", **options: Any) -> ImportJob:
    """Import a file as this person, from upload to the last row."""
    return carry_on(jobs.start_import(user, upload, resource, dry_run=False, **options))


def commit(job: ImportJob) -> ImportJob:
    """Import a checked file."""
    return carry_on(jobs.start_commit(job, actor=Actor.of(job.user)))


def carry_on(job: ImportJob) -> ImportJob:
    """Work on a job until nothing is left to do."""
    while running.advance(job.pk):
        pass
    job.refresh_from_db()
    return job


def rows_of(job: ImportJob) -> dict[int, ImportRow]:
    """The rows of a job by their number in the file."""
    return {row.number: row for row in ImportRow._base_manager.filter(job=job)}


def errors_of(job: ImportJob) -> list[tuple[int, str, str]]:
    """(row, column, code) of every error."""
    return [
        (row.number, error["column"], error["code"])
        for row in ImportRow._base_manager.filter(job=job).order_by("number")
        for error in row.errors
    ]
