"""Uploads: checked by content, stored under a random name, downloaded only through a view that has authorised it."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import Q
from django.http import FileResponse, Http404
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.locks import hold
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.records.events import FILE_DELETED, FILE_STORED
from crm.records.models import StoredFile
from crm.records.models.stored_file import PREVIEWS, random_path
from crm.records.queries.files import loose_files, room_left
from crm.records.rules import files as rules

if TYPE_CHECKING:
    from crm.identity.models import User

log = structlog.get_logger(__name__)

ATTACHMENT = StoredFile.Purpose.ATTACHMENT
UNATTACHED_FOR = timedelta(days=1)
DRAFT_FOR = timedelta(days=7)  # so long the draft of a follow-up is kept, and what was uploaded for it
MOST_AT_ONCE = 1000
MEGABYTE = 1024 * 1024
# What a browser may do with a file: show it. A PDF is drawn by the browser's own viewer, which a sandbox would stop.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SEALED = "default-src 'none'; sandbox"
SEALED_PDF = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


def _digest(file: File) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def store_upload(
    upload: File, *, user: "User", actor: Actor, purpose: str = ATTACHMENT, max_bytes: int | None = None
) -> StoredFile:
    """Keep an uploaded file if its content is of an accepted type, it is not too large and there is room for it."""
    name = rules.safe_name(upload.name or "")
    most = settings.FILE_MAX_MB * MEGABYTE if max_bytes is None else max_bytes
    if not upload.size:
        raise RuleBroken(_("This file is empty."), code="empty", field="file")
    if upload.size > most:
        raise RuleBroken(
            _("A file may have at most %(limit)s MB. Make it smaller or split it.")
            % {"limit": most // MEGABYTE},
            code="large",
            field="file",
        )
    upload.seek(0)
    content_type = rules.content_type_of(name, upload.read(rules.HEAD))
    if content_type is None or not rules.holds_what_it_says(name, upload):
        raise RuleBroken(_refusal(name), code="type", field="file")
    if purpose == ATTACHMENT:
        _check_room(user, upload.size)  # before a byte is written; once more under the lock
    return _store(upload, name, content_type, purpose=purpose, user=user, actor=actor)


def _refusal(name: str) -> str:
    """Why a file is not accepted, and what helps."""
    extension = rules.extension_of(name)
    if extension in rules.KINDS:
        return _("The content is not that of a .%(extension)s file. Save it anew and upload it again.") % {
            "extension": extension
        }
    if extension in ("svg", "html", "htm", "xhtml"):
        return _("Files of this kind can carry programs. Save it as PDF or PNG and upload that.")
    return _("Files of this kind are not accepted. PDF, Office, pictures, text and ZIP are.")


def _check_room(user: "User", size: int) -> None:
    """Refuse an upload that no longer fits into what one person, or the company, may store."""
    own, company = room_left(user)
    if own is not None and size > own:
        raise RuleBroken(
            _(
                "Your files have reached their limit; %(left)s are left. Remove some you no longer need for good."
            )
            % {"left": filesizeformat(max(0, own))},
            code="quota",
            field="file",
        )
    if company is not None and size > company:
        raise RuleBroken(
            _("The storage for files is full. Ask your administrator to make room."),
            code="quota",
            field="file",
        )


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
    if purpose == ATTACHMENT and content_type in rules.PICTURED:
        stored.preview_state, stored.preview_at = StoredFile.WANTED, timezone.now()
    storage = stored.content.storage
    stored.content.name = _write(storage, random_path(stored, name), file)
    try:
        with transaction.atomic():
            if purpose == ATTACHMENT and user is not None:
                _one_at_a_time()
                _check_room(user, stored.size)
            stored.save()
            record_event(FILE_STORED, stored, actor=actor, payload={"name": name, "size": stored.size})
    except BaseException:
        _forget(storage, stored.content.name)
        raise
    if stored.preview_state:
        transaction.on_commit(_wake_previews)
    return stored


def _one_at_a_time() -> None:
    """Two uploads that each fit, but not both, must not both pass."""
    hold("file-quota")


def _write(storage: Any, name: str, file: File) -> str:
    """Write the bytes; a storage that fails leaves nothing behind and is spoken of in words."""
    try:
        return storage.save(name, file)
    except Exception as error:  # a full disk, a storage that does not answer: each has errors of its own
        log.error("file_not_stored", error=f"{type(error).__name__}: {error}")
        _forget(storage, name)
        raise RuleBroken(
            _("The file could not be stored. Try again; if that does not help, tell your administrator."),
            code="storage",
            field="file",
        ) from error


def _forget(storage: Any, name: str) -> None:
    """Delete bytes that no row knows; what cannot be deleted now the daily clean-up finds."""
    try:
        storage.delete(name)
    except Exception as error:
        log.warning("file_bytes_left", name=name, error=str(error))


def _wake_previews() -> None:
    from crm.events.tasks import wake
    from crm.records.tasks import make_previews

    wake(make_previews)


@transaction.atomic
def delete_file(stored: StoredFile, *, actor: Actor) -> None:
    """Forget a file; its bytes and pictures go after the transaction has succeeded."""
    record_event(FILE_DELETED, stored, actor=actor, payload={"name": stored.name})
    places = [
        (part.storage, part.name) for part in (stored.content, stored.thumbnail, stored.picture) if part
    ]
    stored.delete()
    for storage, name in places:
        transaction.on_commit(lambda storage=storage, name=name: _forget(storage, name))


@transaction.atomic
def discard_upload(stored: StoredFile, *, actor: Actor) -> None:
    """Give up one's own upload before it was attached to anything."""
    stored = StoredFile._base_manager.select_for_update().get(pk=stored.pk)
    if not loose_files().filter(pk=stored.pk).exists():
        raise RuleBroken(_("This file is attached already."), code="attached")
    delete_file(stored, actor=actor)


def delete_unattached(*, actor: Actor, older_than: timedelta | None = None) -> int:
    """Delete uploads that nothing has held for a day, those for a draft after a week; returns how many."""
    now = timezone.now()
    before = now - (older_than or UNATTACHED_FOR)
    waiting = Q(purpose=ATTACHMENT, created_at__gte=now - (older_than or DRAFT_FOR))
    loose = loose_files().filter(created_at__lt=before).exclude(waiting)
    gone = 0
    for pk in list(loose.values_list("pk", flat=True)[:MOST_AT_ONCE]):
        with transaction.atomic():
            stored = StoredFile._base_manager.select_for_update(skip_locked=True).filter(pk=pk).first()
            if stored is not None and loose_files().filter(pk=pk).exists():
                delete_file(stored, actor=actor)
                gone += 1
    return gone + _delete_lost_bytes(before)


def _delete_lost_bytes(before: datetime) -> int:
    """Bytes whose row was never written, because the transaction that stored them failed."""
    rows = StoredFile._base_manager
    storage, removed = StoredFile._meta.get_field("content").storage, 0
    folders = {str(purpose): ("content",) for purpose in StoredFile.Purpose}
    for folder, columns in {**folders, PREVIEWS: ("thumbnail", "picture")}.items():
        for part in _listed(storage, folder)[0]:
            names = {f"{folder}/{part}/{name}" for name in _listed(storage, f"{folder}/{part}")[1]}
            known: set[str] = set()
            for column in columns:
                known |= set(rows.filter(**{f"{column}__in": names}).values_list(column, flat=True))
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


def store_uploads(uploads: Iterable[File], *, user: "User", actor: Actor) -> list[StoredFile]:
    """Keep several uploads or none; what is wrong with one is said with its name."""
    stored = []
    for upload in uploads:
        try:
            stored.append(store_upload(upload, user=user, actor=actor))
        except RuleBroken as error:
            for done in stored:  # their rows go with the caller's transaction, their bytes with us
                _forget(done.content.storage, done.content.name)
            name = rules.safe_name(upload.name or "")
            raise RuleBroken(
                _("%(name)s: %(reason)s") % {"name": name, "reason": error}, code=error.code, field="files"
            ) from error
    return stored


def download(stored: StoredFile, *, inline: bool = False) -> FileResponse:
    """The answer that sends a file; the caller has checked that the viewer may have it.

    Only pictures and PDFs are ever shown by the browser, everything else is saved; nothing in it can run.
    """
    shown = inline and stored.is_shown
    response = FileResponse(
        _opened(stored.content),
        as_attachment=not shown,
        filename=stored.name,
        content_type=stored.content_type if stored.is_shown else rules.GENERIC,
    )
    return _sealed(response, SEALED_PDF if shown and not stored.is_image else SEALED)


def preview(stored: StoredFile, *, small: bool) -> FileResponse:
    """The answer that sends a small picture of a file; the caller has checked that the viewer may have it."""
    part = stored.thumbnail if small else stored.picture
    if not part or not stored.is_pictured:
        raise Http404
    return _sealed(FileResponse(_opened(part), content_type="image/webp"), SEALED)


def _opened(part: Any) -> Any:
    try:
        return part.open("rb")
    except FileNotFoundError as error:  # bytes that somebody deleted beside the system
        log.error("file_bytes_missing", name=part.name)
        raise Http404 from error


def _sealed(response: FileResponse, policy: str) -> FileResponse:
    for name, value in HEADERS.items():
        response[name] = value
    response["Content-Security-Policy"] = policy
    return response
