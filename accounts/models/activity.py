from typing import ClassVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.followed import followed_models
from crm.core.writes import AliveManager, SoftDeletable, Versioned
from crm.identity.ownership import OwnedModel
from crm.identity.policies import About, Owned, PartOf
from crm.records.models.record_file import FILE_AUTHOR, RecordFile
from crm.records.searchable import Searchable, search_index

TEXTS = ("subject", "body", "outcome")  # what a role may be kept from reading or writing
ALIVE = models.Q(deleted_at__isnull=True)
OPEN = ALIVE & models.Q(done_at__isnull=True, cancelled_at__isnull=True)
DONE = ALIVE & models.Q(done_at__isnull=False)
CAME_IN, SENT = "email", "task"  # the origin of what the other side wrote, and of what a task of ours did
BY_ITSELF = (CAME_IN, SENT)
# What somebody did themselves: what they planned and did at once is one, and what came about by itself is none.
OWN_WORK = DONE & models.Q(closed_by__isnull=True) & ~models.Q(origin__in=BY_ITSELF, due_at__isnull=True)


class ActivityKind(models.TextChoices):
    """How one was in touch, or what is to be done."""

    CALL = "call", pgettext_lazy("kind of follow-up", "Call")
    VISIT = "visit", pgettext_lazy("kind of follow-up", "Visit")
    MEETING = "meeting", pgettext_lazy("kind of follow-up", "Meeting")
    EMAIL = "email", pgettext_lazy("kind of follow-up", "E-mail")
    WECHAT = "wechat", pgettext_lazy("kind of follow-up", "WeChat")
    SMS = "sms", pgettext_lazy("kind of follow-up", "SMS")
    NOTE = "note", pgettext_lazy("kind of follow-up", "Note")
    TASK = "task", pgettext_lazy("kind of follow-up", "Task")


class Outcome(models.TextChoices):
    """What came of it."""

    PROGRESS = "progress", pgettext_lazy("outcome", "Progress")
    WAITING = "waiting", pgettext_lazy("outcome", "They decide internally")
    NO_NEED = "no_need", pgettext_lazy("outcome", "No need for now")
    NOT_REACHED = "not_reached", pgettext_lazy("outcome", "Not reached")
    OTHER = "other", pgettext_lazy("outcome", "Other")


class Activity(OwnedModel, Searchable, Versioned, SoftDeletable):
    """One follow-up: planned (`due_at`), done (`done_at`) or both; done ones are append-only history.

    A planned one with `all_day` is due on a date, kept as 09:00 of that day in the company's zone. `first_due_at`
    keeps the date first promised, so that putting things off stays visible.
    """

    kind = models.CharField(_("kind"), max_length=8, choices=ActivityKind.choices, default=ActivityKind.NOTE)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"), max_length=20_000, blank=True)
    plan = models.TextField(blank=True, editable=False)  # what a planned one said before it was done
    customer = models.ForeignKey(
        "accounts.Customer",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name=_("customer"),
    )
    contact = models.ForeignKey(
        "accounts.Contact",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="activities",
        verbose_name=_("contact"),
    )
    # What it is about beside the customer: a lead, an opportunity, a ticket (a loose reference, as those lie above).
    record_type = models.ForeignKey(
        ContentType, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    record_id = models.BigIntegerField(null=True, blank=True, editable=False)
    record = GenericForeignKey("record_type", "record_id")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("written by"),
    )
    participants = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("colleagues present")
    )
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    all_day = models.BooleanField(_("no time of day"), default=False)
    first_due_at = models.DateTimeField(null=True, editable=False)
    postponed = models.PositiveSmallIntegerField(_("put off"), default=0, editable=False)
    started_at = models.DateTimeField(_("began"), null=True, blank=True)
    duration_minutes = models.PositiveIntegerField(_("minutes"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, blank=True)
    next_follow_up_at = models.DateTimeField(_("next follow-up"), null=True, blank=True)
    next_all_day = models.BooleanField(default=False)
    no_next_reason = models.CharField(_("why there is no next step"), max_length=200, blank=True)
    next_activity = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="follows"
    )
    closed_by = models.ForeignKey("self", models.SET_NULL, null=True, editable=False, related_name="closed")
    is_valid = models.BooleanField(_("valid follow-up"), default=False, editable=False)
    pinned_at = models.DateTimeField(_("pinned"), null=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, editable=False)
    mentions = models.JSONField(
        default=list, blank=True, editable=False
    )  # the names behind @ that were colleagues'
    external_id = models.CharField(_("external ID"), max_length=100, blank=True)
    origin = models.CharField(max_length=10, blank=True, editable=False)

    objects = AliveManager()
    goes_with = "customer"
    access = Owned(
        also_via="customer", also_about=About("record", followed_models), writers=("author", "owner")
    )
    unrecorded_fields = ("mentions",)  # follows from the text
    guarded_fields = TEXTS
    openly_found_by = ("subject", "body")
    repeats: ClassVar = {
        "plan": ("accounts.activity.body",),
        "mentions": ("accounts.activity.subject", "accounts.activity.body"),
    }

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        permissions = [
            ("export_activity", _("Can export follow-ups")),
            ("import_activity", _("Can import follow-ups")),
            ("comment_activity", _("Can comment on follow-ups")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"],
                condition=ALIVE & ~models.Q(external_id=""),
                name="activity_external_id_once",
                violation_error_message=_("There is a follow-up with this external ID already."),
            ),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True) | models.Q(cancelled_at__isnull=True),
                name="activity_done_or_cancelled",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-done_at", "-id"], name="activity_timeline", condition=DONE),
            models.Index(fields=["owner", "due_at", "id"], name="activity_owner_open", condition=OPEN),
            models.Index(fields=["team", "due_at", "id"], name="activity_team_open", condition=OPEN),
            models.Index(fields=["customer", "due_at", "id"], name="activity_customer_open", condition=OPEN),
            models.Index(
                fields=["record_type", "record_id", "-done_at"],
                name="activity_record",
                condition=ALIVE & models.Q(record_id__isnull=False),
            ),
            models.Index(fields=["author", "due_at"], name="activity_given", condition=OPEN),
            models.Index(fields=["owner", "done_at"], name="activity_owner_done", condition=DONE),
            models.Index(fields=["owner", "-updated_at", "-id"], name="activity_owner_new", condition=ALIVE),
            models.Index(fields=["team", "-updated_at", "-id"], name="activity_team_new", condition=ALIVE),
            models.Index(fields=["-updated_at", "-id"], name="activity_new", condition=ALIVE),
            search_index("activity"),
        ]

    def __str__(self) -> str:
        return self.headline

    def get_absolute_url(self) -> str:
        return reverse("activity_detail", args=[self.pk])

    def search_values(self) -> list[str]:
        """Found by subject and the beginning of the text."""
        return [self.subject, self.body[:1000]]

    @property
    def headline(self) -> str:
        """What a list shows of it: the subject, else the first line of the text, else its kind."""
        first = self.body.strip().split("\n", 1)[0]
        return self.subject or first[:120] or str(self.get_kind_display())

    @property
    def with_whom(self) -> models.Model | None:
        """The record it stands with: what it is about, else its customer."""
        return self.record or self.customer

    @property
    def came_in(self) -> bool:
        """Whether the other side wrote it: a mail that was received."""
        return self.origin == CAME_IN

    @property
    def is_archived(self) -> bool:
        """Whether it was written down by the system, not by somebody: mails that left or came in by themselves."""
        return self.origin in BY_ITSELF and self.is_only_recorded

    @property
    def is_open(self) -> bool:
        """Whether it still waits to be done."""
        return self.done_at is None and self.cancelled_at is None and self.deleted_at is None

    @property
    def is_only_recorded(self) -> bool:
        """Whether it was written down as done without ever having been planned."""
        return self.due_at is None and self.done_at is not None and self.cancelled_at is None

    @property
    def is_planned(self) -> bool:
        return self.is_open and self.due_at is not None

    @property
    def due_date(self):
        """The day it is due, in the company's zone for dates and in the reader's for times."""
        from accounts.rules.due import due_date

        return due_date(self.due_at, self.all_day) if self.due_at else None

    @property
    def is_overdue(self) -> bool:
        """Whether its time has passed: a date only when that day is over."""
        from accounts.rules.due import is_overdue

        if self.due_at is None or not self.is_planned:
            return False
        return is_overdue(self.due_at, self.all_day, timezone.now())


class ActivityFile(RecordFile):
    """A file attached to a follow-up; whoever sees the follow-up may download it."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="files")

    access = PartOf("activity", FILE_AUTHOR)

    class Meta(RecordFile.Meta):
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
