"""Small pictures of uploaded pictures and PDFs, made in a child process from the row that waits for them."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from crm.records import preview_child
from crm.records.models import StoredFile
from crm.records.models.stored_file import preview_path

log = structlog.get_logger(__name__)

CHILD = Path(preview_child.__file__)
KINDS = {"application/pdf": "pdf", "image/heic": "heic"}  # those with a decoder of their own
SECONDS = 40  # by the clock; of the processor the child has less
TRIES = 3
AGAIN_AFTER = timedelta(minutes=2)  # longer than one attempt takes: whoever died over it is followed then
MOST_AT_ONCE = 50


@dataclass(frozen=True)
class Pictures:
    """The two pictures of a file, and of a PDF how many pages it has."""

    small: bytes
    large: bytes
    pages: int | None


def make_waiting_previews() -> int:
    """Make the pictures of the files that wait for them; a file that fails three times keeps its icon."""
    made = 0
    for _turn in range(MOST_AT_ONCE):
        stored = _claim()
        if stored is None:
            break
        made += _make(stored)
    return made


@transaction.atomic
def _claim() -> StoredFile | None:
    """The next file to make pictures of, counted as tried before the attempt: a worker that dies over it is noticed."""
    now = timezone.now()
    waiting = StoredFile._base_manager.filter(preview_state=StoredFile.WANTED, preview_at__lte=now)
    waiting.filter(preview_tries__gte=TRIES).update(preview_state=StoredFile.FAILED)
    stored = waiting.select_for_update(skip_locked=True).order_by("preview_at", "pk").first()
    if stored is not None:
        stored.preview_tries += 1
        stored.preview_at = now + AGAIN_AFTER
        stored.save(update_fields=["preview_tries", "preview_at"])
    return stored


def _make(stored: StoredFile) -> bool:
    try:
        with stored.content.open("rb") as source:
            content = source.read()
        pictures = pictures_of(content, KINDS.get(stored.content_type, "picture"))
    except (
        OSError,
        subprocess.TimeoutExpired,
    ) as error:  # the storage, or a crowded machine: another try may do
        log.warning("preview_delayed", file=stored.pk, error=type(error).__name__)
        return False
    still_wanted = StoredFile._base_manager.filter(pk=stored.pk, preview_state=StoredFile.WANTED)
    if pictures is None:
        still_wanted.update(preview_state=StoredFile.FAILED)
        return False
    storage = stored.thumbnail.storage
    names = [
        storage.save(preview_path(stored, ""), ContentFile(bytes_))
        for bytes_ in (pictures.small, pictures.large)
    ]
    kept = still_wanted.update(
        preview_state=StoredFile.READY, thumbnail=names[0], picture=names[1], pages=pictures.pages
    )
    if not kept:  # deleted, or made by somebody else meanwhile
        for name in names:
            storage.delete(name)
    return bool(kept)


def pictures_of(content: bytes, kind: str = "picture") -> Pictures | None:
    """The two pictures, or None where none can be made; raises `TimeoutExpired` when it takes too long."""
    child = subprocess.run(
        [sys.executable, "-I", str(CHILD), kind],
        input=content,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )
    head, _newline, rest = child.stdout.partition(b"\n")
    try:
        answer = json.loads(head)
        small, large = answer["sizes"]
    except (ValueError, KeyError, TypeError):
        reason = head[:100].decode(errors="replace") or f"ended with {child.returncode}"
        log.info("preview_impossible", reason=reason)
        return None
    return Pictures(rest[:small], rest[small : small + large], answer["pages"])
