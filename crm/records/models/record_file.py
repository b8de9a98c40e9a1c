from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.core.writes import AliveManager, SoftDeletable

FILE_AUTHOR = "file__uploaded_by"


class RecordFile(SoftDeletable):
    """A file that belongs to a record; each kind of record that carries files has a table of its own.

    A subclass adds the foreign key to its record and `access = PartOf("<that key>", FILE_AUTHOR)`: whoever sees the
    record sees its files. A removed file lies in the bin for 30 days.
    """

    file = models.OneToOneField(
        "records.StoredFile", models.PROTECT, related_name="+", verbose_name=_("file")
    )

    objects = AliveManager()

    class Meta:
        abstract = True
        default_permissions = ()  # who may do what with a file follows from its record
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.file)

    @classmethod
    def record_field(cls) -> str:
        """The name of the foreign key to the record."""
        return cls.access.fields[0]  # type: ignore[attr-defined]

    @property
    def record_id(self) -> int:
        return getattr(self, f"{self.record_field()}_id")

    @property
    def record(self) -> models.Model:
        return getattr(self, self.record_field())
