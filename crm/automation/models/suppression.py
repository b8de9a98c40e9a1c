from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Everyone


class Suppression(models.Model):
    """An address that gets no more mails the person did not ask for: they opted out, or it does not exist.

    Only a keyed hash of the address is kept, so that the refusal outlives the record of the person.
    """

    class Reason(models.TextChoices):
        OPTED_OUT = "opted_out", _("Opted out")
        BOUNCED = "bounced", _("Does not exist")
        MANUAL = "manual", _("Entered by hand")

    address_hash = models.CharField(max_length=64, unique=True, editable=False)
    reason = models.CharField(_("reason"), max_length=9, choices=Reason.choices)
    at = models.DateTimeField(_("since"), default=timezone.now)

    access = Everyone()

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        default_permissions = ("view", "add", "delete")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.at:%Y-%m-%d}"
