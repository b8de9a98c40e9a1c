from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Everyone

ISO_CODE = RegexValidator(r"^[A-Z]{3}$", _("A currency is a code of three letters, such as USD."))


class ExchangeRate(models.Model):
    """What one unit of a currency was worth in the base currency from a date on, until the next rate."""

    currency = models.CharField(_("currency"), max_length=3, validators=[ISO_CODE])
    base = models.CharField(_("base currency"), max_length=3, validators=[ISO_CODE])
    valid_from_date = models.DateField(_("valid from"))
    rate = models.DecimalField(
        _("rate"), max_digits=18, decimal_places=8, validators=[MinValueValidator(0.00000001)]
    )

    access = Everyone()

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["currency", "-valid_from_date"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "base", "valid_from_date"], name="rate_once_a_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency}/{self.base} {self.rate} ({self.valid_from_date})"
