from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.core.clock import company_today
from crm.identity.policies import Everyone


class CoverQuerySet(models.QuerySet["Cover"]):
    """Covers by whether they hold."""

    def running(self, today: date | None = None) -> "CoverQuerySet":
        """Covers of today, by the company's calendar."""
        today = today or company_today()
        return self.filter(first_date__lte=today, last_date__gte=today)


class Cover(models.Model):
    """While somebody is away, a colleague sees and edits what they own, from the first day to the last."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="covered_by", verbose_name=_("who is away")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="covers", verbose_name=_("covered by")
    )
    first_date = models.DateField(_("from"))
    last_date = models.DateField(_("to"))

    objects = CoverQuerySet.as_manager()
    access = Everyone()

    class Meta:
        verbose_name = _("cover")
        verbose_name_plural = _("covers")
        default_permissions = ()
        ordering = ["first_date", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="cover_ends_after"),
            models.CheckConstraint(condition=~Q(user=F("by")), name="cover_by_another"),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.by}"
