from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.core.writes import Versioned
from crm.identity.policies import Everyone


class LeadScoring(Versioned):
    """What the score of leads adds up: whom the company sells to, and the points of each fact and of what leads do.

    There is one row; where a point is not set, or there is no row yet, the defaults of `sales.rules.scoring` count.
    """

    points = models.JSONField(_("points"), default=dict)  # {"industry": 20, "form": 15, "free_mail": 5, …}
    half_life_days = models.PositiveSmallIntegerField(
        _("days after which what they did counts half"), default=30, validators=[MinValueValidator(1)]
    )
    industries = ArrayField(
        models.CharField(max_length=12), default=list, blank=True, verbose_name=_("industries you sell to")
    )
    regions = ArrayField(
        models.CharField(max_length=12), default=list, blank=True, verbose_name=_("regions you sell to")
    )
    size_from = models.PositiveIntegerField(_("employees from"), null=True, blank=True)
    size_to = models.PositiveIntegerField(_("employees up to"), null=True, blank=True)

    access = Everyone()

    class Meta:
        verbose_name = _("scoring of leads")
        verbose_name_plural = _("scorings of leads")
        default_permissions = ()

    def __str__(self) -> str:
        return f"v{self.version}"
