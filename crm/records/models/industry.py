from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Everyone
from crm.records.models.named import NamedInBothLanguages


class Industry(NamedInBothLanguages):
    """A section (letter) or class (letter and two digits) of the national industry list, after GB/T 4754."""

    code = models.CharField(_("code"), max_length=8, primary_key=True)
    name_sort = models.CharField(max_length=200, editable=False)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("section")
    )
    aliases = models.CharField(
        _("also called"),
        max_length=300,
        blank=True,
        help_text=_("Other names, separated by commas, under which imports find this industry."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    access = Everyone()

    class Meta:
        verbose_name = _("industry")
        verbose_name_plural = _("industries")
        ordering = ["code"]
