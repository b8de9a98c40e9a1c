"""Names in both languages."""

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _


class NamedInBothLanguages(models.Model):
    """A row of reference data with a Chinese and an English name; shown in the reader's language."""

    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the active language, Chinese where no English one was given."""
        if (translation.get_language() or "").startswith("zh"):
            return self.name
        return self.name_en or self.name
