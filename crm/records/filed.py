"""Which kinds of record carry files: each app names its own in its `hooks.py`, one line each.

The line alone gives the kind its panel, its pages, its routes and its place in the API.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models

from crm.records.models.record_file import RecordFile


@dataclass(frozen=True)
class Filed:
    """A kind of record that carries files.

    `key` stands for it in addresses (`/customers/42/files/`). `within` names the record it belongs to itself (a
    contact's customer): there its files are shown as well, and that record's timeline tells of them.
    """

    key: str
    model: type[RecordFile]
    within: str = ""

    @property
    def record_model(self) -> type[models.Model]:
        return self.model._meta.get_field(self.model.record_field()).related_model  # type: ignore[return-value]

    def outer(self, record: models.Model) -> list[models.Model]:
        """The record that the given one belongs to, if any."""
        found = getattr(record, self.within) if self.within else None
        return [found] if found is not None else []

    def inner(self) -> list[tuple[Filed, str]]:
        """The kinds whose files are shown with records of this kind, each with the way from file to record."""
        return [
            (other, f"{other.model.record_field()}__{other.within}")
            for other in FILED.values()
            if other.within
            and other.record_model._meta.get_field(other.within).related_model is self.record_model
        ]


FILED: dict[str, Filed] = {}


def carries_files(key: str, model: type[RecordFile], *, within: str = "") -> None:
    """Declare that records of a kind carry files."""
    FILED[key] = Filed(key, model, within)


def filed_as(record: models.Model) -> Filed | None:
    """How records of this kind carry files, if they do."""
    return next((one for one in FILED.values() if isinstance(record, one.record_model)), None)
