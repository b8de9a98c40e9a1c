"""Reading files: what nothing holds yet, how much room is left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Sum

from crm.identity.access import get_visible_or_404, has_verb, narrow, visible
from crm.records.filed import FILED, Filed
from crm.records.models import StoredFile
from crm.records.models.record_file import RecordFile

if TYPE_CHECKING:
    from crm.identity.models import User

MEGABYTE = 1024 * 1024


def loose_files() -> models.QuerySet[StoredFile]:
    """Files that no record of any kind holds, removed ones included."""
    held = [
        Exists(relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")}))
        for relation in StoredFile._meta.get_fields(include_hidden=True)
        if relation.is_relation and relation.auto_created
    ]
    return StoredFile._base_manager.exclude(reduce(or_, held, Q(pk__in=[])))


def own_uploads(user: User) -> models.QuerySet[StoredFile]:
    """What somebody has uploaded for a draft and not attached yet: nobody else reaches it."""
    rows = narrow(loose_files(), user)
    return rows.filter(purpose=StoredFile.Purpose.ATTACHMENT)


def stored_bytes(user: User | None = None) -> int:
    """How much the attachments take, of everybody or of one person; those in the bin are still there and count."""
    rows = StoredFile._base_manager.filter(purpose=StoredFile.Purpose.ATTACHMENT)
    if user is not None:
        rows = rows.filter(uploaded_by=user.pk)
    return rows.aggregate(size=Sum("size"))["size"] or 0


def room_left(user: User) -> tuple[int | None, int | None]:
    """How many bytes somebody may still upload, and the company; None where there is no limit."""
    own, company = settings.FILES_PERSON_MB * MEGABYTE, settings.FILES_TOTAL_MB * MEGABYTE
    return (own - stored_bytes(user) if own else None, company - stored_bytes() if company else None)


@dataclass(frozen=True)
class Held:
    """A file as a record shows it, with the kind of record that holds it and whether the reader may remove it."""

    filed: Filed
    row: RecordFile
    removable: bool = False
    outside: bool = False  # of a record within this one, such as a follow-up

    @property
    def file(self) -> StoredFile:
        return self.row.file

    @property
    def place(self) -> dict[str, Any]:
        """What its addresses are made of."""
        return {"kind": self.filed.key, "pk": self.row.record_id, "file": self.row.pk}


def held_by(filed: Filed, record: models.Model) -> models.QuerySet[RecordFile]:
    """The files of a record itself, newest first: whoever sees the record sees them."""
    rows = filed.model._default_manager.filter(**{filed.model.record_field(): record.pk})
    return rows.select_related("file").order_by("-file__created_at", "-pk")


def files_of(
    user: User, filed: Filed, record: models.Model, *, text: str = "", limit: int = 200
) -> list[Held]:
    """The files of a record and of what belongs to it, as far as the user may see them, newest first."""
    found = _rows(user, filed, filed.model.record_field(), record, text, limit)
    for inner, path in filed.inner():
        found += _rows(user, inner, path, record, text, limit, outside=True)
    return sorted(found, key=lambda one: (one.file.created_at, one.file.pk), reverse=True)[:limit]


def count_of(user: User, filed: Filed, record: models.Model) -> int:
    """How many files a record shows."""
    ways = [(filed, filed.model.record_field()), *filed.inner()]
    return sum(visible(one.model, user).filter(**{path: record.pk}).count() for one, path in ways)


def removed_files(user: User, filed: Filed, record: models.Model) -> list[Held]:
    """The files of a record that lie in the bin, for those who may bring them back."""
    rows = filed.model._default_manager.binned().filter(**{filed.model.record_field(): record.pk})
    rows = narrow(rows, user, "delete").select_related("file__uploaded_by").order_by("-deleted_at")
    return [Held(filed, row, True) for row in rows[:100]]


def _rows(
    user: User, filed: Filed, path: str, record: models.Model, text: str, limit: int, *, outside: bool = False
) -> list[Held]:
    removable = visible(filed.model, user, "delete").filter(pk=OuterRef("pk"))
    rows = visible(filed.model, user).filter(**{path: record.pk}).annotate(removable=Exists(removable))
    if text:
        rows = rows.filter(file__name__icontains=text)
    rows = rows.select_related("file__uploaded_by", filed.model.record_field()).order_by(
        "-file__created_at", "-pk"
    )
    return [Held(filed, row, row.removable, outside) for row in rows[:limit]]


def file_of(user: User, filed: Filed, record: int, file: int, action: str = "view") -> RecordFile:
    """One file of a record, if the user may do the action to it: 404 when hidden or absent, 403 when closed."""
    rows = filed.model._default_manager.filter(**{filed.model.record_field(): record})
    rows = rows.select_related("file__uploaded_by", filed.model.record_field())
    return get_visible_or_404(filed.model, user, file, action, queryset=rows)


def removed_file(user: User, filed: Filed, record: int, file: int) -> RecordFile | None:
    """One file in the bin, if the user may bring it back."""
    rows = filed.model._default_manager.binned().filter(pk=file, **{filed.model.record_field(): record})
    return narrow(rows, user, "delete").select_related("file", filed.model.record_field()).first()


def may_upload(user: User) -> bool:
    """Whether somebody may add files to any kind of record at all."""
    return any(has_verb(user, "add", filed.model) for filed in FILED.values())
