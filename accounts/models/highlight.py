from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import Customer
from crm.identity.policies import Via


class Highlight(models.Model):
    """A key fact about a customer (关键信息), pinned by a colleague so that everybody sees it first."""

    MOST = 5  # more than five are no longer key

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="highlights")
    label = models.CharField(_("label"), max_length=20)
    text = models.CharField(_("fact"), max_length=200)
    source = models.CharField(
        _("taken from"), max_length=100, blank=True, help_text=_("For example the visit it was learnt on.")
    )
    position = models.PositiveSmallIntegerField(default=0)
    pinned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    pinned_at = models.DateTimeField(default=timezone.now, editable=False)

    access = Via("customer")

    class Meta:
        verbose_name = _("key information")
        verbose_name_plural = _("key information")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.label}: {self.text}"
