"""Uploads: checked by content, stored under a random name, downloaded only through a view that has authorised it."""

import hashlib
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.records.events import FILE_DELETED, FILE_STORED
from crm.records.models import StoredFile
from crm.records.rules import files as rules

if TYPE_CHECKING:
    from crm.identity.models import User

UNATTACHED_FOR = timedelta(days=1)
MOST_AT_ONCE = 1000


def _digest(file: File) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


@transaction.atomic
def store_upload(
    upload: File,
    *,
    user: "User",
    actor: Actor,
    purpose: str = StoredFile.Purpose.ATTACHMENT,
    max_bytes: int = rules.MAX_ATTACHMENT_BYTES,
) -> StoredFile:
    """Keep an uploaded file if its content is of an accepted type and not too large."""
    name = rules.safe_name(upload.name or "")
    if not upload.size:
        raise RuleBroken(_("This file is empty."), code="empty", field="file")
    if upload.size > max_bytes:
        limit = max_bytes // 1024 // 1024
        raise RuleBroken(
            _("A file may have at most %(limit)s MB.") % {"limit": limit}, code="large", field="file"
        )
    upload.seek(0)
    content_type = rules.content_type_of(name, upload.read(512))
    if content_type is None:
        raise RuleBroken(
            _("Files of this kind cannot be attached, or the content is not what the name says."),
            code="type",
            field="file",
        )
    return _store(upload, name, content_type, purpose=purpose, user=user, actor=actor)


@transaction.atomic
def store_made(
    content: bytes | File, name: str, content_type: str, *, purpose: str, user: "User | None", actor: Actor
) -> StoredFile:
    """Keep a file the system made itself, such as an export or an error workbook."""
    file = content if isinstance(content, File) else ContentFile(content)
    return _store(file, rules.safe_name(name), content_type, purpose=purpose, user=user, actor=actor)


def _store(
    file: File, name: str, content_type: str, *, purpose: str, user: "User | None", actor: Actor
) -> StoredFile:
    stored = StoredFile(
        purpose=purpose,
        name=name,
        content_type=content_type,
        size=file.size,
        sha256=_digest(file),
        uploaded_by=user,
    )
    stored.content.save(name, file, save=False)
    stored.save()
    record_event(FILE_STORED, stored, actor=actor, payload={"name": name, "size": stored.size})
    return stored


@transaction.atomic
def delete_file(stored: StoredFile, *, actor: Actor) -> None:
    """Forget a file; its bytes go after the transaction has succeeded."""
    record_event(FILE_DELETED, stored, actor=actor, payload={"name": stored.name})
    content = stored.content
    stored.delete()
    transaction.on_commit(lambda: content.storage.delete(content.name))


def delete_unattached(*, actor: Actor, older_than: timedelta = UNATTACHED_FOR) -> int:
    """Delete uploads that nothing has held for a day: a form given up, a record purged; returns how many."""
    before = timezone.now() - older_than
    held = [
        Exists(relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")}))
        for relation in StoredFile._meta.get_fields(include_hidden=True)
        if relation.is_relation and relation.auto_created
    ]
    loose = StoredFile._base_manager.filter(created_at__lt=before)
    ids = list(loose.exclude(reduce(or_, held, Q(pk__in=[]))).values_list("pk", flat=True)[:MOST_AT_ONCE])
    for pk in ids:
        with transaction.atomic():
            stored = StoredFile._base_manager.select_for_update(skip_locked=True).filter(pk=pk).first()
            if stored is not None:
                delete_file(stored, actor=actor)
    return len(ids) + _delete_lost_bytes(before)


def _delete_lost_bytes(before: datetime) -> int:
    """Bytes whose row was never written, because the transaction that stored them failed."""
    folder, removed = str(StoredFile.Purpose.ATTACHMENT), 0
    storage = StoredFile._meta.get_field("content").storage
    for part in _listed(storage, folder)[0]:
        names = {f"{folder}/{part}/{name}" for name in _listed(storage, f"{folder}/{part}")[1]}
        known = set(StoredFile._base_manager.filter(content__in=names).values_list("content", flat=True))
        for name in names - known:
            if storage.get_modified_time(name) < before:
                storage.delete(name)
                removed += 1
    return removed


def _listed(storage: Any, folder: str) -> tuple[list[str], list[str]]:
    try:
        return storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def download(stored: StoredFile, *, inline: bool = False) -> FileResponse:
    """The answer that sends a file; the caller has checked that the viewer may have it.

    Only pictures are ever shown in the page, everything else is saved; nothing in it can run.
    """
    response = FileResponse(
        stored.content.open("rb"),
        as_attachment=not (inline and stored.is_image),
        filename=stored.name,
        content_type=stored.content_type if stored.is_image else rules.GENERIC,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
