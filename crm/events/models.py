"""One immutable row per event, and the outbox of who still has to hear of it."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.events.actor import shown_name


class Event(models.Model):
    """What happened, to which record, by whom: audit log and timeline in one row, never changed afterwards.

    Ids are text and there are no foreign keys, so that the log never blocks live data. Personal values stand apart
    in `private`, so that they can be sealed later.
    """

    name = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=40)
    actor_name = models.CharField(max_length=150)
    origin = models.CharField(max_length=10)
    request_id = models.CharField(max_length=64, blank=True)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    about = ArrayField(models.CharField(max_length=100))
    changes = models.JSONField(default=dict)
    private = models.JSONField(default=dict)
    payload = models.JSONField(default=dict)
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        default_permissions = ("view",)
        indexes = [
            GinIndex(fields=["about"], name="event_about"),
            models.Index(fields=["-at", "-id"], name="event_newest"),
            models.Index(fields=["name", "-id"], name="event_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject_type}:{self.subject_id}"

    @property
    def who(self) -> str:
        """Who did it, as people read it: a person's name, or the system's."""
        return shown_name(self.actor_name)

    @property
    def title(self) -> str:
        """What people read: one sentence in their language."""
        from crm.events.catalogue import sentence_of

        return sentence_of(self)


class Delivery(models.Model):
    """One consumer's turn with one event: written with the event, so that a broker outage loses nothing."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        DONE = "done", _("Done")
        DEAD = "dead", _("Given up")

    event_id = models.BigIntegerField()
    consumer = models.CharField(max_length=60)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["event_id", "consumer"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state="pending"), name="delivery_pending")
        ]

    def __str__(self) -> str:
        return f"{self.consumer} ← {self.event_id}"
