import secrets

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Private


def upload_path(job: "ImportJob", name: str) -> str:
    """Where an uploaded table is kept: a random name that says nothing about its content or owner."""
    return f"imports/{secrets.token_urlsafe(24)}.{job.format or 'bin'}"


class ImportJob(models.Model):
    """One file on its way into the system: what was uploaded, how its columns are read, how far it has come.

    The work lives in this row and its `ImportRow`s; a killed worker loses at most the chunk it was working on.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        READING = "reading", _("Reading the file")
        MAPPING = "mapping", _("Columns to be assigned")
        CHECKING = "checking", _("Checking")
        READY = "ready", _("Checked")
        COMMITTING = "committing", _("Importing")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        STOPPED = "stopped", _("Stopped")
        UNDOING = "undoing", _("Undoing")
        UNDONE = "undone", _("Undone")

    class Mode(models.TextChoices):
        UPSERT = "upsert", _("Create new ones and update existing ones")
        CREATE = "create", _("Create new ones only")
        UPDATE = "update", _("Update existing ones only")
        FILL = "fill", _("Create new ones and fill what is empty in existing ones")

    class DuplicateAction(models.TextChoices):
        WARN = "warn", _("Point them out")
        MERGE = "merge", _("Merge, filling only what is empty")
        OVERWRITE = "overwrite", _("Overwrite with the file")
        SKIP = "skip", _("Leave them out")
        BLOCK = "block", _("Refuse them")

    ACTIVE = (State.QUEUED, State.READING, State.CHECKING, State.COMMITTING, State.UNDOING)
    WAITING = (State.MAPPING, State.READY)  # for a person
    FINAL = (State.DONE, State.FAILED, State.STOPPED, State.UNDONE)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("imported by")
    )
    resource = models.CharField(_("what"), max_length=40)
    parent = models.ForeignKey(  # of a workbook whose sheets belong together: the import of its first sheet
        "self", models.CASCADE, null=True, blank=True, related_name="parts"
    )
    file = models.FileField(upload_to=upload_path, max_length=200)
    file_name = models.CharField(_("file"), max_length=255)
    file_size = models.PositiveBigIntegerField(_("size"), default=0)
    file_hash = models.CharField(max_length=64, blank=True)
    nonce = models.CharField(max_length=64, blank=True)

    format = models.CharField(max_length=8, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    sheets = models.JSONField(default=list)  # [{name, rows, columns, hidden}]
    sheet = models.CharField(_("sheet"), max_length=255, blank=True)
    header_row = models.PositiveIntegerField(_("header row"), default=1)
    dates_from_1904 = models.BooleanField(default=False)  # the workbook counts its days from 1904
    columns = models.JSONField(default=list)  # [{index, header, samples, field, confidence}] as proposed

    mapping = models.JSONField(default=dict)  # {header: field}
    mended = models.JSONField(
        default=dict
    )  # {"texts": {column: {text: instead}}, "cells": {row: {column: text}}, "doubles": {row: [action, record]}}
    key = models.CharField(_("key"), max_length=40, blank=True)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode, default=Mode.UPSERT)
    duplicate_action = models.CharField(
        _("likely duplicates"), max_length=9, choices=DuplicateAction, default=DuplicateAction.WARN
    )
    dry_run = models.BooleanField(default=True)
    interactive = models.BooleanField(default=False)  # a person is there to assign columns
    revision = models.PositiveIntegerField(default=0)  # raised when the columns are assigned anew

    state = models.CharField(_("state"), max_length=12, choices=State, default=State.QUEUED)
    stop_requested = models.BooleanField(default=False)
    total = models.PositiveIntegerField(_("rows"), default=0)
    read_to = models.PositiveIntegerField(default=0)  # number of the last staged row of the file
    checked = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    tally = models.JSONField(default=dict)  # {kind of record: how many the rows that go in are about}
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    errors_file = models.FileField(max_length=200, blank=True)

    created_at = models.DateTimeField(_("started"), default=timezone.now)
    beat_at = models.DateTimeField(
        default=timezone.now
    )  # last sign of life, for picking up what a worker dropped
    committed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    undo_counts = models.JSONField(default=dict)  # {undone, kept}
    forgotten_at = models.DateTimeField(null=True, blank=True)  # when its file and rows were deleted

    access = Private("user")

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="import_job_mine"),
            models.Index(fields=["state", "beat_at"], name="import_job_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "nonce"], condition=~models.Q(nonce=""), name="import_job_once"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("import_detail", args=[self.pk])

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def is_final(self) -> bool:
        return self.state in self.FINAL

    @property
    def progress(self) -> int:
        """Percent of the present stage."""
        if self.state in (self.State.READY, self.State.DONE, self.State.UNDONE):
            return 100
        if self.state == self.State.UNDOING:
            written = self.outcome["created"] + self.outcome["updated"]
            return min(100, sum(self.undo_counts.values()) * 100 // written) if written else 0
        done = self.written if self.state == self.State.COMMITTING else self.checked
        return min(100, done * 100 // self.total) if self.total else 0

    @property
    def outcome(self) -> dict[str, int]:
        """Rows by outcome, expected before the import and actual after it; the parts sum to the total."""
        return {name: int(self.counts.get(name, 0)) for name in ("total", *ImportRow.Outcome.values)}


class ImportRow(models.Model):
    """One row of an imported file: its cells, what they were read as, what is wrong, and what became of it."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        UNCHANGED = "unchanged", _("Unchanged")
        SKIPPED = "skipped", _("Skipped")
        FAILED = "failed", _("Failed")

    class Undone(models.TextChoices):
        UNDONE = "undone", _("Undone")
        KEPT = "kept", _("Kept")

    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # as Excel shows it
    cells = models.JSONField(default=list)
    cleaned = models.JSONField(default=dict)
    errors = models.JSONField(default=list)  # [{column, field, code, message}]
    key = models.CharField(max_length=255, blank=True)
    leader = models.PositiveIntegerField(null=True)  # the row of the same record that came first
    suspects = models.JSONField(default=list)  # records it may be already: [{id, name, owner, score, …}]
    expected = models.CharField(max_length=10, choices=Outcome, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    target_id = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(default=dict)  # what was there, as the resource needs it to undo the row
    undone = models.CharField(max_length=6, choices=Undone, blank=True)

    access = Private("job__user")

    class Meta:
        verbose_name = _("imported row")
        verbose_name_plural = _("imported rows")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="import_row_once")]
        indexes = [
            models.Index(
                fields=["job", "number"],
                condition=models.Q(expected__in=["failed", "skipped"]),
                name="import_row_bad",
            ),
            models.Index(fields=["job", "key"], condition=~models.Q(key=""), name="import_row_key"),
            models.Index(
                fields=["job", "leader"], condition=models.Q(leader__isnull=False), name="import_row_led"
            ),
            models.Index(
                fields=["job", "number"], condition=~models.Q(suspects=[]), name="import_row_doubtful"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}:{self.number}"
