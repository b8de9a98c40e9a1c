"""What an import keeps of other people's data is deleted after its time; what it wrote and its counts stay."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from crm.records.models import ImportJob, ImportRow

BATCH = 50


def forget_old_imports() -> int:
    """Delete uploads, staged rows and error workbooks of imports that ended, or were left lying, too long ago.

    Returns how many imports were tidied. Safe to run twice and side by side: each import is locked while it is done.
    """
    old = timezone.now() - timedelta(days=settings.IMPORT_KEEP_DAYS)
    ended = models.Q(state__in=ImportJob.FINAL, finished_at__lt=old)
    abandoned = models.Q(state__in=ImportJob.WAITING, beat_at__lt=old)
    jobs = ImportJob._base_manager.filter(ended | abandoned, forgotten_at__isnull=True)
    return sum(_forget(pk) for pk in jobs.order_by("pk").values_list("pk", flat=True)[:BATCH])


def _forget(pk: int) -> bool:
    with transaction.atomic():
        job = ImportJob._base_manager.select_for_update(skip_locked=True).filter(pk=pk).first()
        if job is None or job.forgotten_at:
            return False
        files = [(file.storage, file.name) for file in (job.file, job.errors_file) if file]
        rows = ImportRow._base_manager.filter(job=job)
        rows._raw_delete(rows.db)
        job.file = job.errors_file = ""
        job.columns = [column | {"samples": []} for column in job.columns]
        job.mended = {}
        if job.state in ImportJob.WAITING:
            job.state, job.finished_at = ImportJob.State.STOPPED, timezone.now()
        job.forgotten_at = timezone.now()
        job.save()
        transaction.on_commit(lambda: [storage.delete(name) for storage, name in files])
    return True
