from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Private


class NotificationPreference(models.Model):
    """How one person wants to hear of one kind of news; without a row the kind's own default holds."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_preferences"
    )
    kind = models.CharField(max_length=40)
    in_app = models.BooleanField(_("in the bell"), default=True)
    email = models.BooleanField(_("by e-mail"), default=False)
    digest = models.BooleanField(_("in the daily digest"), default=False)

    access = Private("user")

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="preference_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.kind}"
