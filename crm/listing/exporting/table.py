"""The rows and columns of a list as an export writes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.identity import access
from crm.identity.models import User

if TYPE_CHECKING:
    from crm.listing.columns import Column
    from crm.listing.selection import Selection

    from .watermark import Watermark

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


def headers_of(selection: Selection, mark: Watermark) -> list[str]:
    """The headings, the one of the mark last."""
    model = selection.listing.model
    own = (str(column.heading(model)) for column in columns_of(selection))
    return [_("Record number"), *own, mark.heading]


def count_of(selection: Selection) -> int:
    """How many rows the export will have: those the reader may export, not only see."""
    return selection.scoped("export").count()


def records_of(selection: Selection) -> Iterator[Any]:
    """The records of the list in its order, as long as whoever takes them out has access."""
    for records in selection.batches(BATCH):
        if not User._base_manager.filter(pk=selection.user.pk, is_active=True).exists():
            raise PermissionDenied  # they were disabled while the rows went out
        yield from records


def rows_of(selection: Selection, mark: Watermark) -> Iterator[list[Any]]:
    """The rows of the list in its order, each with the number of the export."""
    columns = columns_of(selection)
    for record in records_of(selection):
        yield [record.pk, *(column.plain(record) for column in columns), mark.number]


def check_cap(user: User, rows: int) -> None:
    """Raise Overflow when the list is longer than the reader's role may take out."""
    cap = cap_of(user)
    if cap is not None and rows > cap:
        raise Overflow(rows, cap)


def file_name(selection: Selection, extension: str, mark: Watermark | None = None) -> str:
    """What the downloaded file is called: the list, the day and, once it is made, the number of the export."""
    number = f"-{mark.number}" if mark else ""
    return f"{selection.listing.title}-{timezone.localdate():%Y%m%d}{number}.{extension}"


def private_columns(selection: Selection) -> list[str]:
    """Columns with personal data, named in the audit event."""
    return [column.name for column in columns_of(selection) if getattr(column, "private", False)]
