from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Everyone


class Company(models.Model):
    """The company this installation belongs to: one row, edited by administrators."""

    name = models.CharField(_("company name"), max_length=100, blank=True)
    short_name = models.CharField(
        _("short name"), max_length=20, blank=True, help_text=_("Stands at the top left of every page.")
    )
    help_text = models.CharField(
        _("whom to ask"),
        max_length=200,
        blank=True,
        help_text=_("Shown where somebody cannot sign in, for example a name and an extension."),
    )

    asks_export_reason = models.BooleanField(
        _("ask for a reason with every export"),
        default=False,
        help_text=_("Long lists ask in any case. The reason stands in the file and in the audit log."),
    )
    fields_version = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text=_("Counts changes of custom fields, so that every process notices them."),
    )

    access = Everyone()
    unrecorded_fields = ("fields_version",)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("company")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="company_once"),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name
