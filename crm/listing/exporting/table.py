"""The rows and columns of a list as an export writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.identity import access

if TYPE_CHECKING:
    from crm.identity.models import User
    from crm.listing.columns import Column
    from crm.listing.selection import Selection

BATCH = 1000


@dataclass
class Overflow(Exception):
    """More rows than the reader's role may take out at once."""

    rows: int
    cap: int


def cap_of(user: User) -> int | None:
    """How many rows this person may export at once; None without limit."""
    if user.is_superuser or user.has_perm("identity.export_unlimited"):
        return None
    return user.role.export_cap if user.role_id else 0


def require_export(user: User, selection: Selection) -> None:
    """Refuse anybody whose role may not export this kind of record."""
    access.require_verb(user, "export", selection.listing.model)


def columns_of(selection: Selection) -> list[Column]:
    """The columns the reader sees in this view, with the record's number in front, so that it can come back."""
    return [column for column in selection.columns if column.export]


def headers_of(selection: Selection) -> list[str]:
    model = selection.listing.model
    return [_("Record number"), *(str(column.heading(model)) for column in columns_of(selection))]


def count_of(selection: Selection) -> int:
    """How many rows the export will have: those the reader may export, not only see."""
    return selection.scoped("export").count()


def rows_of(selection: Selection) -> Iterator[list[Any]]:
    """The rows of the list in its order, batch by batch."""
    columns = columns_of(selection)
    for records in selection.batches(BATCH):
        for record in records:
            yield [record.pk, *(column.plain(record) for column in columns)]


def check_cap(user: User, rows: int) -> None:
    """Raise Overflow when the list is longer than the reader's role may take out."""
    cap = cap_of(user)
    if cap is not None and rows > cap:
        raise Overflow(rows, cap)


def file_name(selection: Selection, extension: str) -> str:
    """What the downloaded file is called: the list and the day."""
    return f"{selection.listing.title}-{timezone.localdate():%Y%m%d}.{extension}"


def private_columns(selection: Selection) -> list[str]:
    """Columns with personal data, named in the audit event."""
    return [column.name for column in columns_of(selection) if getattr(column, "private", False)]
