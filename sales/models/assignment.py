from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import Source
from crm.core.writes import Versioned
from crm.identity.policies import Everyone, Via
from sales.models.choices import Acceptance, Strategy
from sales.models.lead import Lead
from sales.models.pool import Pool


class AssignmentGroup(Versioned):
    """People among whom incoming leads are shared out, and how: the row is locked while somebody is chosen."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    strategy = models.CharField(
        _("how they are shared out"), max_length=12, choices=Strategy.choices, default=Strategy.ROUND_ROBIN
    )
    fallback = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("when nobody is free"),
        help_text=_("Without a name the lead goes to the pool."),
    )
    pool = models.ForeignKey(
        Pool,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("pool"),
        limit_choices_to={"takes_leads": True},
        help_text=_("Where a lead goes that nobody gets; without a choice the pool for everything."),
    )
    acceptance_hours = models.DecimalField(
        _("to be taken up within working hours"),
        max_digits=5,
        decimal_places=1,
        null=True,
        blank=True,
        default=2,
        validators=[MinValueValidator(0.5), MaxValueValidator(200)],
        help_text=_("Otherwise the next one gets it and the manager hears of it. Empty: no deadline."),
    )
    workdays_only = models.BooleanField(
        _("only within working hours"),
        default=False,
        help_text=_("Outside the company's working hours nobody of the group is free."),
    )
    last_user_id = models.BigIntegerField(null=True, editable=False)  # who had the last turn

    access = Everyone()

    class Meta:
        verbose_name = _("assignment group")
        verbose_name_plural = _("assignment groups")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class AssignmentMember(models.Model):
    """Somebody of a group: how much they take, when, and what they are good at."""

    group = models.ForeignKey(AssignmentGroup, models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person")
    )
    position = models.PositiveSmallIntegerField(_("turn"), default=0)
    weight = models.PositiveSmallIntegerField(_("weight"), default=1, validators=[MinValueValidator(1)])
    cap = models.PositiveIntegerField(
        _("most open leads"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    shift_from = models.TimeField(_("from"), null=True, blank=True)
    shift_to = models.TimeField(_("to"), null=True, blank=True)
    territories = ArrayField(
        models.CharField(max_length=20), verbose_name=_("regions and industries"), default=list, blank=True
    )
    skills = models.JSONField(_("skills"), default=dict, blank=True)  # {"english": 3}
    current = models.IntegerField(default=0, editable=False)  # the running number of smooth weighting
    last_assigned_at = models.DateTimeField(null=True, editable=False)

    access = Everyone()

    class Meta:
        verbose_name = _("member of an assignment group")
        verbose_name_plural = _("members of assignment groups")
        ordering = ["group", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["group", "user"], name="assignment_member_once"),
            models.CheckConstraint(condition=Q(weight__gte=1), name="assignment_weight_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.group_id} · {self.user_id}"


class AssignmentRule(Versioned):
    """Which leads go to which group: the first rule in order whose conditions all hold; an empty condition always does."""

    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)
    group = models.ForeignKey(
        AssignmentGroup, models.PROTECT, related_name="rules", verbose_name=_("goes to")
    )
    sources = ArrayField(
        models.CharField(max_length=16, choices=Source.choices),
        verbose_name=_("source"),
        default=list,
        blank=True,
    )
    regions = ArrayField(models.CharField(max_length=12), verbose_name=_("region"), default=list, blank=True)
    industries = ArrayField(
        models.CharField(max_length=20), verbose_name=_("industry"), default=list, blank=True
    )
    size_from = models.PositiveIntegerField(_("employees from"), null=True, blank=True)
    size_to = models.PositiveIntegerField(_("employees to"), null=True, blank=True)
    products = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("product"),
        default=list,
        blank=True,
        help_text=_("Words sought in need, campaign and channel."),
    )
    languages = ArrayField(
        models.CharField(max_length=2, choices=[("zh", _("Chinese")), ("en", _("Other languages"))]),
        verbose_name=_("language"),
        default=list,
        blank=True,
    )
    skills = models.JSONField(_("skills needed"), default=dict, blank=True)

    access = Everyone()

    class Meta:
        verbose_name = _("assignment rule")
        verbose_name_plural = _("assignment rules")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class LeadAssignment(models.Model):
    """One turn: who got a lead by which rule and why, and whether they took it up in time."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="assignments")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person")
    )
    group = models.ForeignKey(AssignmentGroup, models.SET_NULL, null=True, related_name="+")
    rule = models.ForeignKey(AssignmentRule, models.SET_NULL, null=True, related_name="+")
    why = models.CharField(max_length=16)  # the strategy, "same_customer" or "fallback"
    at = models.DateTimeField(_("assigned"), default=timezone.now)
    accept_by = models.DateTimeField(_("to be taken up by"), null=True)
    state = models.CharField(_("taken up"), max_length=8, choices=Acceptance.choices, default=Acceptance.NONE)
    settled_at = models.DateTimeField(null=True)

    access = Via("lead")

    class Meta:
        verbose_name = _("assignment of a lead")
        verbose_name_plural = _("assignments of leads")
        default_permissions = ("view",)
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["lead", "-at"], name="assignment_of_lead"),
            models.Index(fields=["accept_by"], name="assignment_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} → {self.user_id}"
