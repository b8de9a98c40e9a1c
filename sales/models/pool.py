import datetime

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Customer
from crm.core.writes import Versioned
from crm.identity.policies import Everyone, Via
from sales.models.choices import PoolGround, PoolKind, PoolReason
from sales.models.lead import Lead
from sales.rules import pool as rules

ABOUT_ONE = Q(lead__isnull=False, customer__isnull=True) | Q(lead__isnull=True, customer__isnull=False)


class Pool(Versioned):
    """The settings of a public pool (公海), beside the team of the kind "pool" where its records lie.

    It serves the team above that one, with everything below, or the whole company; the nearest pool takes a record.
    """

    team = models.OneToOneField("identity.Team", models.PROTECT, primary_key=True, related_name="pool")
    takes_leads = models.BooleanField(_("takes leads"), default=True)
    takes_customers = models.BooleanField(_("takes customers"), default=True)
    is_default = models.BooleanField(_("takes what no other pool takes"), default=False)
    everyone = models.BooleanField(
        _("all salespeople it serves are members"),
        default=True,
        help_text=_("Whoever joins or leaves those teams joins or leaves the pool."),
    )
    claims_a_day = models.PositiveSmallIntegerField(_("claims a day"), default=rules.CLAIMS_A_DAY)
    holding_cap = models.PositiveIntegerField(
        _("holding limit"),
        default=rules.HOLDING_CAP,
        help_text=_("Open leads, or customers without a deal, that somebody who claims may own at most."),
    )
    cool_down_days = models.PositiveSmallIntegerField(
        _("cool-down in days"),
        default=rules.COOL_DOWN_DAYS,
        help_text=_("So long the previous owner cannot take it back."),
    )
    claims_of_one = models.PositiveSmallIntegerField(
        _("claims of the same record"), default=rules.CLAIMS_OF_ONE, validators=[MinValueValidator(1)]
    )
    claims_of_one_days = models.PositiveSmallIntegerField(_("within days"), default=rules.CLAIMS_OF_ONE_DAYS)
    claim_protection_days = models.PositiveSmallIntegerField(
        _("protected after a claim, days"), default=rules.CLAIM_PROTECTION_DAYS
    )
    own_protection_days = models.PositiveSmallIntegerField(
        _("protected when new, days"), default=rules.OWN_PROTECTION_DAYS
    )
    extension_days = models.PositiveSmallIntegerField(
        _("longest extension in days"), default=rules.EXTENSION_DAYS
    )
    ran_on = models.DateField(_("last nightly run"), null=True, editable=False)

    access = Everyone()

    class Meta:
        verbose_name = _("pool")
        verbose_name_plural = _("pools")
        ordering = ["team__position", "team__name", "team_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="pool_default_once"
            ),
            models.CheckConstraint(
                condition=Q(takes_leads=True) | Q(takes_customers=True), name="pool_takes_something"
            ),
        ]

    def __str__(self) -> str:
        return self.team.name

    def takes(self, kind: str) -> bool:
        """Whether records of a kind lie here."""
        return self.takes_leads if kind == PoolKind.LEAD else self.takes_customers

    def get_absolute_url(self) -> str:
        return self.team.get_absolute_url()


class RecycleRule(Versioned):
    """When idle records of one kind go back to a pool: off until somebody has seen whom it would take today.

    An edited rule holds from the next day (`holds_from`); without a date it is switched off.
    """

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="rules", verbose_name=_("pool"))
    kind = models.CharField(_("kind of record"), max_length=8, choices=PoolKind.choices)
    ground = models.CharField(_("when"), max_length=16, choices=PoolGround.choices)
    days = models.PositiveSmallIntegerField(
        _("days"), default=rules.IDLE_DAYS, validators=[MinValueValidator(1)]
    )
    working_days = models.BooleanField(_("count working days only"), default=True)
    holds_from = models.DateField(_("holds from"), null=True, blank=True, editable=False)

    access = Everyone()

    class Meta:
        verbose_name = _("recycling rule")
        verbose_name_plural = _("recycling rules")
        ordering = ["pool", "kind", "ground", "id"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "kind", "ground"], name="recycle_rule_once"),
            models.CheckConstraint(condition=Q(days__gte=1), name="recycle_days_positive"),
            models.CheckConstraint(
                condition=~Q(kind="lead") | Q(ground__in=["no_follow_up", "protection"]),
                name="recycle_ground_of_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool} · {self.get_kind_display()} · {self.get_ground_display()}"

    @property
    def is_on(self) -> bool:
        """Whether it is switched on, if only from tomorrow."""
        return self.holds_from is not None

    def holds_on(self, day: datetime.date) -> bool:
        """Whether it takes records on a day."""
        return self.holds_from is not None and self.holds_from <= day


class PoolStay(models.Model):
    """One stay of a lead or customer in a pool: from whom it came and why, and who took it out again.

    Cool-down, how often somebody claimed the same record and how many they claimed today are counted here.
    """

    class Way(models.TextChoices):
        CLAIMED = "claimed", pgettext_lazy("pool", "Claimed")
        ASSIGNED = "assigned", pgettext_lazy("pool", "Assigned")
        CONVERTED = "converted", pgettext_lazy("pool", "Converted")

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="stays")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="stays")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="stays")
    from_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("from")
    )
    reason = models.CharField(_("reason"), max_length=16, choices=PoolReason.choices)
    note = models.CharField(_("note"), max_length=200, blank=True)
    entered_at = models.DateTimeField(_("since"), default=timezone.now)
    left_at = models.DateTimeField(_("left"), null=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("taken by")
    )
    way = models.CharField(_("how"), max_length=9, choices=Way.choices, blank=True)

    access = Via("lead", "customer")

    class Meta:
        verbose_name = _("stay in a pool")
        verbose_name_plural = _("stays in pools")
        default_permissions = ("view",)
        ordering = ["-entered_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=ABOUT_ONE, name="stay_of_one"),
        ]
        indexes = [
            models.Index(fields=["lead", "-entered_at"], name="stay_lead", condition=Q(lead__isnull=False)),
            models.Index(
                fields=["customer", "-entered_at"], name="stay_customer", condition=Q(customer__isnull=False)
            ),
            models.Index(fields=["taken_by", "left_at"], name="stay_taken", condition=Q(way="claimed")),
        ]

    def __str__(self) -> str:
        return f"{self.pool_id} · {self.lead_id or self.customer_id}"


class Protection(models.Model):
    """What keeps one lead or customer with its owner: until a day (保护期), or for as long as it is locked (锁定)."""

    lead = models.OneToOneField(Lead, models.CASCADE, null=True, related_name="protection")
    customer = models.OneToOneField(Customer, models.CASCADE, null=True, related_name="protection")
    until = models.DateField(_("protected until"), null=True)
    is_locked = models.BooleanField(_("locked"), default=False)
    extended_on = models.DateField(_("extended"), null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    by_name = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(default=timezone.now)

    access = Via("lead", "customer")

    class Meta:
        verbose_name = _("protection")
        verbose_name_plural = _("protections")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=ABOUT_ONE, name="protection_of_one"),
            models.CheckConstraint(
                condition=Q(until__isnull=False) | Q(is_locked=True), name="protection_says_how_long"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id or self.customer_id} → {self.until or _('locked')}"
