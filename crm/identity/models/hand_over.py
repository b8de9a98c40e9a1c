from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Everyone, Via


class HandOver(models.Model):
    """What somebody held when they left, and who took it over (交接清单): written once, for the record and for print."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="hand_overs", verbose_name=_("who left")
    )
    at = models.DateTimeField(default=timezone.now)
    by_name = models.CharField(max_length=150)

    access = Everyone()

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        default_permissions = ("view",)
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return str(self.user)

    def get_absolute_url(self) -> str:
        return reverse("hand_over", args=[self.pk])


class HandOverItem(models.Model):
    """One record that changed hands; kept as text, so that the list stays as it was signed."""

    hand_over = models.ForeignKey(HandOver, models.CASCADE, related_name="items")
    model = models.CharField(max_length=60)
    record_id = models.CharField(max_length=40)
    text = models.CharField(max_length=200)
    taker_name = models.CharField(max_length=100, blank=True)

    access = Via("hand_over")

    class Meta:
        default_permissions = ()
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text
