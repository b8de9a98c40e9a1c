"""Files of records: attached, removed to the bin, brought back, gone for good. The record's timeline tells of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.recording import record_event
from crm.records.events import FILE_ADDED, FILE_PURGED, FILE_REMOVED, FILE_RESTORED
from crm.records.filed import FILED, Filed, filed_as
from crm.records.models import StoredFile
from crm.records.models.record_file import RecordFile
from crm.records.queries.files import loose_files
from crm.records.services.files import delete_file

BIN_FOR = timedelta(days=30)
MOST_AT_ONCE = 1000


@transaction.atomic
def attach_files(
    record: models.Model, files: Iterable[StoredFile], *, actor: Actor, telling: bool = True
) -> list[RecordFile]:
    """Give uploads to a record; a file belongs to one record only.

    `telling` is False where the record itself tells of them, as a new follow-up does.
    """
    filed, wanted = _filed(record), [file.pk for file in files]
    if not wanted:
        return []
    locked = list(StoredFile._base_manager.select_for_update().filter(pk__in=wanted).order_by("pk"))
    if loose_files().filter(pk__in=wanted).count() != len(set(wanted)):
        raise RuleBroken(_("This file is attached already."), code="attached", field="files")
    rows = [filed.model(file=file, **{filed.model.record_field(): record}) for file in locked]
    filed.model._base_manager.bulk_create(rows)
    if telling:
        for row in rows:
            _tell(FILE_ADDED, filed, record, row, actor)
    return rows


@transaction.atomic
def remove_file(row: RecordFile, *, actor: Actor) -> RecordFile:
    """Put a file into the bin, from where it can be brought back for 30 days."""
    row = lock(row)
    if row.deleted_at is None:
        row.deleted_at, row.deleted_by_id = timezone.now(), actor.user_id
        row.save(update_fields=["deleted_at", "deleted_by_id"])
        _tell(FILE_REMOVED, _filed(row.record), row.record, row, actor)
    return row


@transaction.atomic
def restore_file(row: RecordFile, *, actor: Actor) -> RecordFile:
    """Take a file out of the bin."""
    row = lock(row)
    if row.deleted_at is not None:
        row.deleted_at = row.deleted_by_id = None
        row.save(update_fields=["deleted_at", "deleted_by_id"])
        _tell(FILE_RESTORED, _filed(row.record), row.record, row, actor)
    return row


@transaction.atomic
def purge_file(row: RecordFile, *, actor: Actor) -> None:
    """Delete a file in the bin for good, so that it no longer takes room."""
    row = lock(row)
    if row.deleted_at is None:
        raise RuleBroken(_("Remove the file first."), code="not_removed")
    _tell(FILE_PURGED, _filed(row.record), row.record, row, actor)
    stored = row.file
    row.delete()
    delete_file(stored, actor=actor)


def purge_removed(*, actor: Actor) -> int:
    """Delete for good the files that have lain in the bin for 30 days; returns how many."""
    before, gone = timezone.now() - BIN_FOR, 0
    for filed in FILED.values():
        rows = filed.model._base_manager.filter(deleted_at__lt=before).order_by("pk")
        for pk in list(rows.values_list("pk", flat=True)[:MOST_AT_ONCE]):
            with transaction.atomic():
                row = rows.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
                if row is not None:
                    purge_file(row, actor=actor)
                    gone += 1
    return gone


def _filed(record: models.Model) -> Filed:
    filed = filed_as(record)
    if filed is None:
        raise TypeError(f"{record._meta.label} carries no files")
    return filed


def _tell(kind: EventType, filed: Filed, record: models.Model, row: RecordFile, actor: Actor) -> None:
    """The record's own timeline tells of it, and that of the record it belongs to."""
    payload = {"name": row.file.name, "file": row.pk}
    record_event(kind, record, actor=actor, payload=payload, about=filed.outer(record))
