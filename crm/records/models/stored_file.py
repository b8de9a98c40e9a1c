import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Private


def random_path(file: "StoredFile", original_name: str) -> str:
    """Where the bytes lie: a random name, so that knowing a file's name or date never helps to guess it."""
    key = uuid.uuid4().hex
    return f"{file.purpose}/{key[:2]}/{key}"


class StoredFile(models.Model):
    """A file somebody uploaded or the system made; who may download it is decided by the record that holds it.

    By itself it is reached by its uploader only: a fresh upload belongs to nobody else until it is attached.
    """

    class Purpose(models.TextChoices):
        ATTACHMENT = "attachment", _("Attachment")
        IMPORT = "import", _("Import")
        EXPORT = "export", _("Export")

    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose.choices)
    content = models.FileField(_("file"), upload_to=random_path, max_length=200)
    name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now, editable=False)

    access = Private("uploaded_by")

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        """Whether the file may be shown as a picture in a page."""
        return self.content_type in {"image/png", "image/jpeg", "image/webp", "image/gif"}
