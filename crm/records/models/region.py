from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Everyone
from crm.records.models.named import NamedInBothLanguages


class Region(NamedInBothLanguages):
    """An administrative division (GB/T 2260): province, prefecture-level city or district; its code is its key."""

    class Level(models.TextChoices):
        PROVINCE = "province", _("Province")
        CITY = "city", _("City")
        DISTRICT = "district", _("District or county")

    code = models.CharField(_("code"), max_length=6, primary_key=True)
    full_name = models.CharField(_("full name"), max_length=150, editable=False)
    full_name_en = models.CharField(max_length=200, blank=True, editable=False)
    name_sort = models.CharField(max_length=200, editable=False)
    level = models.CharField(_("level"), max_length=8, choices=Level.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    access = Everyone()

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["code"]
        indexes = [models.Index(fields=["name"], name="region_name")]

    @property
    def full_label(self) -> str:
        """Province, city and district in the active language: 浙江省杭州市余杭区."""
        chinese = (translation.get_language() or "").startswith("zh")
        return self.full_name if chinese or not self.full_name_en else self.full_name_en

    @property
    def stem(self) -> str:
        """The digits with which the codes of this region and everything in it begin."""
        if self.level == self.Level.PROVINCE:
            return self.code[:2]
        return self.code[:4] if self.level == self.Level.CITY else self.code
