from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.identity.policies import Everyone
from crm.records.models import NamedInBothLanguages
from sales.models.choices import ForecastCategory


class Pipeline(NamedInBothLanguages):
    """A way of selling: the stages an opportunity goes through, for all teams or for some."""

    position = models.PositiveIntegerField(_("position"), default=0)
    is_default = models.BooleanField(_("default"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    teams = models.ManyToManyField(
        "identity.Team",
        blank=True,
        related_name="+",
        verbose_name=_("teams"),
        help_text=_("Who sells this way; without a choice everybody."),
    )

    access = Everyone()

    class Meta:
        verbose_name = _("pipeline")
        verbose_name_plural = _("pipelines")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="pipeline_default_once"
            )
        ]


class Stage(NamedInBothLanguages):
    """A step of a pipeline: how likely a deal is there, what must be known to leave it, when it rots."""

    class Kind(models.TextChoices):
        OPEN = "open", pgettext_lazy("stage", "Open")
        WON = "won", pgettext_lazy("stage", "Won")
        LOST = "lost", pgettext_lazy("stage", "Lost")

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages", verbose_name=_("pipeline"))
    position = models.PositiveIntegerField(_("position"), default=0)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.OPEN)
    probability = models.PositiveSmallIntegerField(
        _("probability"), default=10, validators=[MaxValueValidator(100)], help_text=_("In per cent.")
    )
    forecast_category = models.CharField(
        _("forecast"),
        max_length=10,
        choices=ForecastCategory.choices,
        default=ForecastCategory.PIPELINE,
    )
    asks = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("needed to go on"),
        default=list,
        blank=True,
        help_text=_("Fields that must be filled in before an opportunity leaves this stage forward."),
    )
    needs_approval = models.BooleanField(
        _("needs approval to enter"),
        default=False,
        help_text=_("A deal comes here only after the approval flow for stages has agreed."),
    )
    rot_days = models.PositiveSmallIntegerField(
        _("rots after days"), null=True, blank=True, help_text=_("Empty: never.")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    access = Everyone()

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["pipeline", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "kind"],
                condition=~models.Q(kind="open"),
                name="stage_closing_once",
                violation_error_message=_(
                    "A pipeline has one stage for what was won and one for what was lost."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(probability__lte=100), name="stage_probability_is_a_share"
            ),
        ]
        indexes = [models.Index(fields=["pipeline", "position", "id"], name="stage_of_pipeline")]

    @property
    def is_open(self) -> bool:
        return self.kind == self.Kind.OPEN
