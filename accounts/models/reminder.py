from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.activity import Activity
from crm.identity.policies import Private


class Reminder(models.Model):
    """One call to attention: before or on the day something is due, again when it was not done, at last to the manager.

    The notification is written and the row marked as sent in one transaction, so that it is sent exactly once whoever
    runs and whoever dies; `round` counts up when the due date moves and names each occasion. Each attempt is counted
    before it is made, so that one that kills its worker is given up.
    """

    class Kind(models.TextChoices):
        DUE = "due", _("Due")
        OVERDUE = "overdue", _("Overdue")
        MANAGER = "manager", _("To the manager")  # of its `user`, whoever that is by then

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENT = "sent", _("Sent")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="reminders")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    remind_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    round = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)  # nobody else tries before
    error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)

    access = Private("user")

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["activity", "user", "kind"], name="reminder_once")]
        indexes = [
            models.Index(fields=["remind_at"], condition=models.Q(state="pending"), name="reminder_pending")
        ]

    def __str__(self) -> str:
        return f"{self.activity_id} {self.kind} {self.remind_at:%Y-%m-%d %H:%M}"
