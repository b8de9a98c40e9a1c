from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Private


class ExportJob(models.Model):
    """A list on its way into a file: which rows and columns were asked for, why, and the file once it is there.

    Rights and scope are looked up again when the file is made, not when it was asked for. One that is longer than the
    role may take out waits for approval (`approved_rows`), and its file is fetched once.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for approval")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        STOPPED = "stopped", _("Stopped")

    class Format(models.TextChoices):
        XLSX = "xlsx", "Excel"
        CSV = "csv", "CSV"

    ACTIVE = (State.QUEUED, State.RUNNING)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("requested by")
    )
    resource = models.CharField(_("what"), max_length=40)
    query = models.TextField(blank=True)  # filters, search, sort and columns as the list's own query string
    format = models.CharField(_("format"), max_length=4, choices=Format, default=Format.XLSX)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.QUEUED)
    stop_requested = models.BooleanField(default=False)
    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(default=0)
    approved_rows = models.PositiveIntegerField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    file = models.FileField(max_length=200, blank=True)
    file_name = models.CharField(_("file"), max_length=255, blank=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("requested"), default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    access = Private("user")

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="export_job_mine"),
            models.Index(fields=["state", "beat_at"], name="export_job_waiting"),
        ]

    def __str__(self) -> str:
        return self.file_name or f"{self.resource}.{self.format}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def is_for_once(self) -> bool:
        """Whether the file was approved, and may be fetched a single time."""
        return self.approved_rows is not None

    @property
    def has_expired(self) -> bool:
        """Whether the time is over in which the file may be fetched, whether it has been deleted yet or not."""
        kept = timedelta(hours=settings.EXPORT_KEEP_HOURS)
        return self.finished_at is not None and self.finished_at < timezone.now() - kept

    @property
    def progress(self) -> int:
        """Percent of the rows written."""
        if self.state == self.State.DONE:
            return 100
        return min(100, self.done * 100 // self.total) if self.total else 0
