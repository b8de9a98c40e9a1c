from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Everyone, Owned
from reports.models.quota import PeriodKind


class Snapshot(models.Model):
    """What the forecast said on one day; taken every week, so that later one sees how well it was said."""

    taken_on = models.DateField(_("taken on"), unique=True)
    taken_at = models.DateTimeField(default=timezone.now)

    access = Everyone()

    class Meta:
        verbose_name = _("forecast snapshot")
        verbose_name_plural = _("forecast snapshots")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.taken_on}"


class SnapshotLine(models.Model):
    """The forecast of one person for one period on the day of a snapshot, in one currency, by every method."""

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=8, choices=PeriodKind.choices)
    first_date = models.DateField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    team = models.ForeignKey("identity.Team", models.SET_NULL, null=True, related_name="+")
    currency = models.CharField(max_length=3)
    closed = models.DecimalField(max_digits=18, decimal_places=2)
    commit_open = models.DecimalField(max_digits=18, decimal_places=2)
    best_open = models.DecimalField(max_digits=18, decimal_places=2)
    pipeline_open = models.DecimalField(max_digits=18, decimal_places=2)
    weighted_open = models.DecimalField(max_digits=18, decimal_places=2)
    stage_open = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    model_open = models.DecimalField(max_digits=18, decimal_places=2, null=True)

    access = Owned()

    class Meta:
        verbose_name = _("line of a forecast snapshot")
        verbose_name_plural = _("lines of forecast snapshots")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "kind", "first_date", "owner", "team", "currency"],
                name="snapshot_line_once",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["kind", "first_date"], name="snapshot_period")]

    def __str__(self) -> str:
        return f"{self.snapshot_id} · {self.owner_id}"


class SnapshotDeal(models.Model):
    """An open deal expected to close soon, as it stood on the day of a snapshot, with its chance by the model."""

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="deals")
    opportunity = models.ForeignKey("sales.Opportunity", models.CASCADE, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    team = models.ForeignKey("identity.Team", models.SET_NULL, null=True, related_name="+")
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    category = models.CharField(max_length=10)
    expected_close_date = models.DateField(null=True)
    chance = models.FloatField(null=True)

    access = Owned()

    class Meta:
        verbose_name = _("deal of a forecast snapshot")
        verbose_name_plural = _("deals of forecast snapshots")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["snapshot", "opportunity"], name="snapshot_deal_once")]

    def __str__(self) -> str:
        return f"{self.snapshot_id} · {self.opportunity_id}"
