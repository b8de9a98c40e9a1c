from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.automation import kinds
from crm.identity.policies import Private


class Notification(models.Model):
    """Something one person should know; the bell shows it to nobody else, and no longer than they may see the record.

    Only kind and particulars are stored, so that everybody reads it in the language they use today. `dedupe_key`
    makes a repeated delivery harmless.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    about_type = models.CharField(max_length=60, blank=True)
    about_id = models.BigIntegerField(null=True)
    event_id = models.BigIntegerField(null=True)
    count = models.PositiveIntegerField(default=1)
    in_bell = models.BooleanField(default=True)  # False: kept for the daily digest alone
    in_digest = models.BooleanField(default=False)
    dedupe_key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    access = Private("user")

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        default_permissions = ("view",)
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_user"),
            models.Index(
                fields=["user"], condition=models.Q(read_at__isnull=True), name="notification_unread"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The sentence people read, in their language."""
        return kinds.title_of(self.kind, self.params, self.count)

    @property
    def why(self) -> str:
        """Why the person hears of it."""
        return kinds.why_of(self.kind)

    @property
    def icon(self) -> str:
        return kinds.icon_of(self.kind)
