import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Private
from crm.records.rules import files as rules

PREVIEWS = "preview"


def random_path(file: "StoredFile", original_name: str) -> str:
    """Where the bytes lie: a random name, so that knowing a file's name or date never helps to guess it."""
    return _random(file.purpose)


def preview_path(file: "StoredFile", original_name: str) -> str:
    """Where a small picture of a file lies: apart from the files, under a random name of its own."""
    return _random(PREVIEWS)


def _random(folder: str) -> str:
    key = uuid.uuid4().hex
    return f"{folder}/{key[:2]}/{key}"


class StoredFile(models.Model):
    """A file somebody uploaded or the system made; who may download it is decided by the record that holds it.

    By itself it is reached by its uploader only: a fresh upload belongs to nobody else until it is attached. Pictures
    and PDFs get two small pictures of themselves, made by a task from this row (`preview_state`).
    """

    class Purpose(models.TextChoices):
        ATTACHMENT = "attachment", _("Attachment")
        IMPORT = "import", _("Import")
        EXPORT = "export", _("Export")

    WANTED, READY, FAILED = "wanted", "ready", "failed"  # states of the small pictures; empty: none are made

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
    preview_state = models.CharField(max_length=6, blank=True, editable=False)
    preview_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    preview_at = models.DateTimeField(null=True, editable=False)  # when making it is next tried
    thumbnail = models.FileField(upload_to=preview_path, max_length=200, blank=True, editable=False)
    picture = models.FileField(upload_to=preview_path, max_length=200, blank=True, editable=False)
    pages = models.PositiveIntegerField(_("pages"), null=True, editable=False)

    access = Private("uploaded_by")

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["preview_at", "id"],
                name="stored_file_preview",
                condition=models.Q(preview_state="wanted"),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        """Whether a browser shows it as a picture."""
        return self.content_type in rules.PICTURES

    @property
    def is_shown(self) -> bool:
        """Whether a browser may open it in the page: a picture or a PDF; everything else is saved."""
        return self.content_type in rules.SHOWN

    @property
    def is_pictured(self) -> bool:
        """Whether small pictures of it are there."""
        return self.preview_state == self.READY

    @property
    def kind(self) -> rules.FileKind:
        """What people call it, and its icon."""
        return rules.kind_of(self.name)
