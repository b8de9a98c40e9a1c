from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.core.money import BASE_CURRENCY
from crm.core.writes import Versioned
from crm.identity.policies import Owned
from reports.rules.periods import Period


class PeriodKind(models.TextChoices):
    """How long a target runs."""

    MONTH = "month", pgettext_lazy("period", "Month")
    QUARTER = "quarter", pgettext_lazy("period", "Quarter")
    YEAR = "year", pgettext_lazy("period", "Year")


class Metric(models.TextChoices):
    """What a target counts."""

    WON_VALUE = "won_value", _("Amount won")
    WON_COUNT = "won_count", _("Deals won")


class Quota(Versioned):
    """A target (目标): what a person, or a team as a whole, is to reach in a month, quarter or year.

    `team` is the person's team when the target was set, so that it stays with the team it was promised in; without a
    person it is the team's own target.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    team = models.ForeignKey(
        "identity.Team", models.CASCADE, null=True, related_name="+", verbose_name=_("team")
    )
    kind = models.CharField(_("period"), max_length=8, choices=PeriodKind.choices, default=PeriodKind.MONTH)
    first_date = models.DateField(_("first day"))
    metric = models.CharField(_("counts"), max_length=10, choices=Metric.choices, default=Metric.WON_VALUE)
    amount = models.DecimalField(_("target"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default=BASE_CURRENCY)

    access = Owned(owner="user", set_by_others=True)

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        permissions = [
            ("export_quota", _("Can export targets")),
            ("import_quota", _("Can import targets")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "first_date", "metric"],
                condition=models.Q(user__isnull=False),
                name="quota_of_person_once",
                violation_error_message=_("There is a target for this period already."),
            ),
            models.UniqueConstraint(
                fields=["team", "kind", "first_date", "metric"],
                condition=models.Q(user__isnull=True),
                name="quota_of_team_once",
                violation_error_message=_("There is a target for this period already."),
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="quota_not_negative"),
            models.CheckConstraint(
                condition=models.Q(user__isnull=False) | models.Q(team__isnull=False),
                name="quota_of_somebody",
            ),
        ]
        indexes = [models.Index(fields=["first_date", "kind", "metric"], name="quota_period")]

    def __str__(self) -> str:
        return f"{self.user or self.team} · {self.period.key}"

    @property
    def period(self) -> Period:
        """The month, quarter or year it is for."""
        return Period(self.first_date, self.kind)
