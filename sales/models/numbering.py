from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.core.writes import Versioned
from crm.identity.policies import Everyone


class NumberRule(Versioned):
    """How the company numbers its quotes, orders or contracts: a pattern such as HT-{YYYY}-{0000}, and when it restarts.

    Where numbers must have no gaps, what has a number is voided instead of deleted.
    """

    class Kind(models.TextChoices):
        QUOTE = "quote", pgettext_lazy("numbers", "Quotes")
        ORDER = "order", pgettext_lazy("numbers", "Orders")
        CONTRACT = "contract", pgettext_lazy("numbers", "Contracts")

    class Restart(models.TextChoices):
        NEVER = "never", _("Never")
        YEAR = "year", _("Every year")
        MONTH = "month", _("Every month")
        DAY = "day", _("Every day")

    kind = models.CharField(_("for"), max_length=8, choices=Kind.choices, unique=True)
    pattern = models.CharField(_("pattern"), max_length=60)
    restart = models.CharField(_("begins again"), max_length=5, choices=Restart.choices, default=Restart.YEAR)
    gapless = models.BooleanField(_("without gaps"), default=False)

    access = Everyone()

    class Meta:
        verbose_name = _("numbering rule")
        verbose_name_plural = _("numbering rules")
        default_permissions = ("view", "change")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.pattern}"


class NumberCounter(models.Model):
    """The last number given under a rule within a period; locked while one is given."""

    rule = models.ForeignKey(NumberRule, models.CASCADE, related_name="counters")
    period = models.CharField(max_length=10, blank=True)
    last = models.PositiveIntegerField(default=0)

    access = Everyone()

    class Meta:
        verbose_name = _("counter of numbers")
        verbose_name_plural = _("counters of numbers")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["rule", "period"], name="counter_once_a_period")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.period}: {self.last}"
