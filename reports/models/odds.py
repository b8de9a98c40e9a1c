from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.identity.policies import Everyone


class LearnedOdds(models.Model):
    """What the company's own history says of its deals: how often each stage is won and when, and the model of chances.

    Only sums and weights, no records; the newest row counts.
    """

    learned_at = models.DateTimeField(default=timezone.now)
    stages = models.JSONField(default=dict)  # by stage: won, closed, and won after how many weeks
    model = models.JSONField(
        default=dict
    )  # weights, means, how well it says what was kept apart; empty: too little
    rows = models.PositiveIntegerField(default=0)  # closed deals looked at

    access = Everyone()

    class Meta:
        verbose_name = _("learned odds")
        verbose_name_plural = _("learned odds")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["-learned_at"], name="odds_newest")]

    def __str__(self) -> str:
        return f"{self.learned_at:%Y-%m-%d}"
