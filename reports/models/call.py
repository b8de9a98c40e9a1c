from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.core.money import BASE_CURRENCY
from crm.core.writes import Versioned
from crm.identity.policies import Owned
from reports.models.quota import PeriodKind
from reports.rules.periods import Period


class ForecastCall(Versioned):
    """What somebody is expected to close in a period by human judgement: their own word, or their manager's."""

    class Kind(models.TextChoices):
        OWN = "own", pgettext_lazy("forecast", "Own word")
        MANAGER = "manager", pgettext_lazy("forecast", "Manager's judgement")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person")
    )
    team = models.ForeignKey(
        "identity.Team", models.SET_NULL, null=True, related_name="+", verbose_name=_("team")
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    period = models.CharField(max_length=8, choices=PeriodKind.choices)
    first_date = models.DateField(_("first day"))
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default=BASE_CURRENCY)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    called_at = models.DateTimeField(default=timezone.now)

    access = Owned()

    class Meta:
        verbose_name = _("forecast call")
        verbose_name_plural = _("forecast calls")
        constraints = [
            models.UniqueConstraint(fields=["owner", "kind", "period", "first_date"], name="call_once"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="call_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.owner} · {Period(self.first_date, self.period).key}"
