import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Private

DIGEST_AT = datetime.time(8, 30)


class NotificationRhythm(models.Model):
    """When one person wants to hear: the hour of the daily digest, and the hours in which no mail is sent.

    Hours are those of the person's own time zone. Without a row the digest comes at 08:30 and mail at any time.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="rhythm")
    digest_in_app = models.BooleanField(_("in the bell"), default=True)
    digest_email = models.BooleanField(_("by e-mail"), default=True)
    digest_at = models.TimeField(_("at"), default=DIGEST_AT)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("until"), null=True, blank=True)

    access = Private("user")

    class Meta:
        verbose_name = _("notification hours")
        verbose_name_plural = _("notification hours")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.user} · {self.digest_at:%H:%M}"


class DigestRun(models.Model):
    """That one person's digest of one day was dealt with, sent or found empty: never a second time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    day = models.DateField()
    at = models.DateTimeField()
    sent = models.BooleanField(default=False)

    access = Private("user")

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="digest_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"
