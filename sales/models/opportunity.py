import datetime
from typing import Any

from django.contrib.contenttypes.fields import GenericRelation
from django.core.validators import MaxValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact, Customer
from accounts.models.choices import Source
from accounts.models.customer import ALIVE, AliveManager
from accounts.models.followed import Followed
from crm.core.money import BASE_CURRENCY
from crm.core.pinyin import initials, sort_key
from crm.core.writes import SoftDeletable, Versioned
from crm.identity.ownership import OwnedModel
from crm.identity.policies import Owned, Via
from crm.records.custom_sql import custom_index
from crm.records.models.custom_field import CustomFields
from crm.records.queries.custom_fields import custom_words
from crm.records.searchable import Searchable, search_index
from crm.records.sound import sound_index
from sales.models.choices import CloseReason, ForecastCategory, OpportunityStatus
from sales.models.lead import Lead
from sales.models.pipeline import Pipeline, Stage

OPEN = ALIVE & models.Q(status=OpportunityStatus.OPEN)
SUMMED = ("customer", "team", "owner", "pipeline", "currency", "amount")  # by what and what one sums


class Opportunity(OwnedModel, Followed, CustomFields, Searchable, Versioned, SoftDeletable):
    """A deal that may be made with a customer (商机): what it is worth, where it stands, when it may close.

    `probability` and `forecast_category` are those of the stage when it was entered; a person may say otherwise and
    why. `first_close_date` keeps what was first promised, `pushes` how often it was put off.
    """

    name = models.CharField(_("name"), max_length=200)
    name_sort = models.CharField(max_length=200, editable=False)
    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="opportunities", verbose_name=_("customer")
    )
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="opportunities",
        verbose_name=_("contact"),
    )
    lead = models.ForeignKey(
        Lead, models.SET_NULL, null=True, editable=False, related_name="opportunities", verbose_name=_("lead")
    )
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="+", verbose_name=_("pipeline"))
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="opportunities", verbose_name=_("stage"))
    stage_since = models.DateTimeField(_("in this stage since"), default=timezone.now, editable=False)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, default=0)
    currency = models.CharField(_("currency"), max_length=3, default=BASE_CURRENCY)
    probability = models.PositiveSmallIntegerField(
        _("probability"), default=10, validators=[MaxValueValidator(100)]
    )
    probability_reason = models.CharField(_("why another probability"), max_length=200, blank=True)
    forecast_category = models.CharField(
        _("forecast"), max_length=10, choices=ForecastCategory.choices, default=ForecastCategory.PIPELINE
    )
    expected_close_date = models.DateField(_("expected to close"), null=True, blank=True)
    first_close_date = models.DateField(_("first expected to close"), null=True, editable=False)
    pushes = models.PositiveSmallIntegerField(_("put off"), default=0, editable=False)
    need = models.TextField(_("need"), max_length=2000, blank=True)
    source = models.CharField(_("source"), max_length=16, choices=Source.choices, blank=True)
    campaign = models.CharField(_("campaign"), max_length=100, blank=True)
    competitor = models.CharField(_("competitor"), max_length=100, blank=True)
    status = models.CharField(
        _("status"),
        max_length=8,
        choices=OpportunityStatus.choices,
        default=OpportunityStatus.OPEN,
        editable=False,
    )
    reason = models.CharField(_("reason"), max_length=16, choices=CloseReason.choices, blank=True)
    reason_note = models.CharField(_("note on the reason"), max_length=200, blank=True)
    closed_at = models.DateField(_("closed"), null=True, editable=False)
    opened_at = models.DateField(_("opened"), default=datetime.date.today)
    external_id = models.CharField(_("external ID"), max_length=100, blank=True)

    activities = GenericRelation("accounts.Activity", "record_id", "record_type")

    objects = AliveManager()
    goes_with = "customer"
    access = Owned(also_via="customer")
    guarded_fields = (
        "contact", "amount", "probability", "forecast_category", "expected_close_date", "need", "source", "campaign",
        "competitor", "external_id",
    )  # fmt: skip
    unrecorded_fields = ("name_sort",)
    heard_by = "name_sort"

    class Meta:
        verbose_name = _("opportunity")
        verbose_name_plural = _("opportunities")
        permissions = [
            ("export_opportunity", _("Can export opportunities")),
            ("import_opportunity", _("Can import opportunities")),
            ("transfer_opportunity", _("Can transfer opportunities")),
            ("comment_opportunity", _("Can comment on opportunities")),
            ("reveal_opportunity", _("Can reveal masked values of opportunities")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"],
                condition=ALIVE & ~models.Q(external_id=""),
                name="opportunity_external_id_once",
                violation_error_message=_("There is an opportunity with this external ID already."),
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="opportunity_amount_not_negative"),
            models.CheckConstraint(
                condition=models.Q(probability__lte=100), name="opportunity_probability_is_a_share"
            ),
            models.CheckConstraint(
                condition=models.Q(status="open") | models.Q(closed_at__isnull=False),
                name="opportunity_closed_when",
            ),
        ]
        indexes = [
            search_index("opportunity"),
            sound_index("opportunity"),
            custom_index("opportunity"),
            models.Index(
                fields=["owner", "-updated_at", "-id"], name="opportunity_owner_new", condition=ALIVE
            ),
            models.Index(fields=["team", "-updated_at", "-id"], name="opportunity_team_new", condition=ALIVE),
            models.Index(fields=["-updated_at", "-id"], name="opportunity_new", condition=ALIVE),
            models.Index(fields=["-amount", "-id"], name="opportunity_amount", condition=ALIVE),
            models.Index(fields=["name_sort", "id"], name="opportunity_name", condition=ALIVE),
            models.Index(
                fields=["stage", "owner", "-amount", "-id"], name="opportunity_board", condition=OPEN
            ),
            # What sums over open deals read, and those of a period, so that they never fetch the rows.
            models.Index(
                fields=["expected_close_date", "id"],
                include=[*SUMMED, "status", "probability", "forecast_category"],
                name="opportunity_closing",
                condition=OPEN,
            ),
            models.Index(
                fields=["customer"],
                include=["team", "owner", "stage", "currency", "amount", "probability", "id"],
                name="opportunity_open_sums",
                condition=OPEN,
            ),
            models.Index(
                fields=["closed_at", "status"],
                include=[*SUMMED, "id"],
                name="opportunity_closed",
                condition=ALIVE,
            ),
            models.Index(fields=["customer", "status"], name="opportunity_of_customer", condition=ALIVE),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_sort = sort_key(self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("opportunity_detail", args=[self.pk])

    def search_values(self) -> list[object]:
        """Found by its name and by whom it is made with."""
        return [
            self.name,
            initials(self.name),
            self.customer.name,
            initials(self.customer.name),
            self.external_id,
            *custom_words(self),
        ]

    @property
    def is_open(self) -> bool:
        return self.status == OpportunityStatus.OPEN and self.deleted_at is None

    @property
    def asks_for_follow_up(self) -> bool:
        """Whether being in touch has to name a next step: while it is open."""
        return self.is_open


class StageHistory(models.Model):
    """One stay of an opportunity in a stage, with what it was thought to be worth when it came there."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="history")
    from_stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="+")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(_("entered"), default=timezone.now)
    left_at = models.DateTimeField(_("left"), null=True)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    probability = models.PositiveSmallIntegerField(_("probability"))
    expected_close_date = models.DateField(null=True)
    move = models.CharField(max_length=8, blank=True)  # forward, skip or back (sales.rules.pipeline)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(max_length=150, blank=True)

    access = Via("opportunity")

    class Meta:
        verbose_name = _("stay in a stage")
        verbose_name_plural = _("stays in stages")
        default_permissions = ("view",)
        ordering = ["entered_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity"], condition=models.Q(left_at__isnull=True), name="stage_now_once"
            )
        ]
        indexes = [models.Index(fields=["stage", "entered_at"], name="stage_entries")]

    def __str__(self) -> str:
        return f"{self.opportunity_id} · {self.stage_id}"
