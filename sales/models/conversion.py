from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact, Customer
from crm.identity.policies import Via
from sales.models.lead import Lead


class LeadConversion(models.Model):
    """How a lead became a customer: what was made for it and what was filled in, so that it can be undone for a day."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="conversions")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+")
    opportunity = models.ForeignKey("sales.Opportunity", models.SET_NULL, null=True, related_name="+")
    made_customer = models.BooleanField(default=False)
    made_contact = models.BooleanField(default=False)
    status_before = models.CharField(max_length=12)
    filled = models.JSONField(
        default=dict
    )  # {"customer": {field: value}, "contact": {…}} where blanks were filled
    carried = models.JSONField(default=list)  # ids of the follow-ups that went along
    stage_before = models.CharField(max_length=16, blank=True)  # life cycle stage of an existing customer
    at = models.DateTimeField(_("converted"), default=timezone.now)
    undone_at = models.DateTimeField(_("undone"), null=True)

    access = Via("lead")

    class Meta:
        verbose_name = _("conversion of a lead")
        verbose_name_plural = _("conversions of leads")
        default_permissions = ("view",)
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead"], condition=models.Q(undone_at__isnull=True), name="lead_converted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} → {self.customer_id}"
