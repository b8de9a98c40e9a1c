from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.identity.policies import Everyone


class ConversionField(models.Model):
    """Where a field of a lead goes when the lead is converted; custom fields by their name (`cf_` and the key)."""

    class Target(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        CONTACT = "contact", _("Contact")
        OPPORTUNITY = "opportunity", pgettext_lazy("record", "Opportunity")

    source = models.CharField(_("field of the lead"), max_length=40)
    target = models.CharField(_("goes to"), max_length=12, choices=Target.choices)
    field = models.CharField(_("field there"), max_length=40)

    access = Everyone()

    class Meta:
        verbose_name = _("field taken over by a conversion")
        verbose_name_plural = _("fields taken over by a conversion")
        default_permissions = ()
        ordering = ["target", "source"]
        constraints = [
            models.UniqueConstraint(fields=["target", "field"], name="conversion_field_filled_once"),
            models.UniqueConstraint(fields=["target", "source"], name="conversion_field_goes_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}.{self.field}"
