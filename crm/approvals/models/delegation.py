from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.core.clock import company_today
from crm.identity.policies import Everyone


class DelegationQuerySet(models.QuerySet["ApprovalDelegation"]):
    """Delegations by whether they hold."""

    def running(self) -> "DelegationQuerySet":
        """Delegations of today, by the company's calendar."""
        today = company_today()
        return self.filter(first_date__lte=today, last_date__gte=today)


class ApprovalDelegation(models.Model):
    """Between two days what would wait for one person waits for another (委托), who decides on their behalf."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("who is away")
    )
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("decides instead")
    )
    first_date = models.DateField(_("from"))
    last_date = models.DateField(_("to"))

    objects = DelegationQuerySet.as_manager()
    access = Everyone()

    class Meta:
        verbose_name = _("delegation of approvals")
        verbose_name_plural = _("delegations of approvals")
        default_permissions = ()
        ordering = ["first_date", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="delegation_ends_after"),
            models.CheckConstraint(condition=~Q(user=F("to")), name="delegation_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.to}"
