from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.devices import device_words
from crm.identity.policies import Private


class UserSession(models.Model):
    """One sign-in that still holds: what its owner sees in the list of devices, and how it is ended from elsewhere."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="user_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    signed_in_at = models.DateTimeField(_("signed in"), default=timezone.now)
    seen_at = models.DateTimeField(_("last active"), default=timezone.now)

    access = Private("user")

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        default_permissions = ()
        ordering = ["-seen_at", "-id"]

    def __str__(self) -> str:
        return self.device

    @property
    def device(self) -> str:
        """The browser and the machine in words: Chrome · Windows."""
        return device_words(self.agent)
