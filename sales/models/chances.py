from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Everyone


class LeadModel(models.Model):
    """What was learned from the company's own leads about who becomes a customer within 90 days; the newest counts.

    `auc`, `brier` and `calibration` were measured on a fifth of the leads it had not seen; `weights` holds the model.
    """

    trained_at = models.DateTimeField(_("learned"), default=timezone.now)
    rows = models.PositiveIntegerField(_("leads it learned from"))
    positives = models.PositiveIntegerField(_("of which became customers"))
    auc = models.FloatField("AUC", null=True)
    brier = models.FloatField("Brier", null=True)
    calibration = models.JSONField(_("calibration"), default=list)
    weights = models.JSONField(default=dict)
    is_used = models.BooleanField(_("used"), default=False)

    access = Everyone()

    class Meta:
        verbose_name = _("learned score")
        verbose_name_plural = _("learned scores")
        default_permissions = ()
        ordering = ["-trained_at", "-id"]

    def __str__(self) -> str:
        return f"{self.trained_at:%Y-%m-%d}"
