import datetime

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Activity, Contact, Customer
from crm.automation.models import OutgoingEmail
from crm.core.writes import AliveManager, Versioned
from crm.identity.ownership import OwnedModel
from crm.identity.policies import Everyone, Owned, Private, Via
from sales.models.choices import EnrolmentState, StepKind, StopReason
from sales.models.lead import Lead

LIVE_STATES = (EnrolmentState.ACTIVE, EnrolmentState.PAUSED)
LIVE = Q(state__in=LIVE_STATES)
MOST_DELAY = 250


class Cadence(Versioned):
    """A sequence of steps (跟进序列) by which somebody is followed up with until they answer, or there are no more steps.

    A reply, an opt-out, a wrong address and a deal won or lost always end it; what else does is chosen here.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.CharField(_("what it is for"), max_length=300, blank=True)
    is_active = models.BooleanField(
        _("in use"), default=True, help_text=_("Switched off, nobody new can be added; who is in it goes on.")
    )
    language = models.CharField(
        _("language of the mails"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    send_from = models.TimeField(_("steps from"), default=datetime.time(9))
    send_until = models.TimeField(_("steps until"), default=datetime.time(18))
    stops_on_meeting = models.BooleanField(_("ends when a meeting or visit is planned"), default=True)
    stops_on_stage = models.BooleanField(_("ends when the stage or status changes"), default=True)
    stops_on_owner = models.BooleanField(_("ends when the owner changes"), default=True)
    stops_with_company = models.BooleanField(_("ends when a colleague of the person answers"), default=False)

    access = Everyone()

    class Meta:
        verbose_name = _("cadence")
        verbose_name_plural = _("cadences")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(send_from__lt=models.F("send_until")), name="cadence_window_is_a_span"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("cadence_detail", args=[self.pk])


class CadenceStep(models.Model):
    """One step of a cadence: so many working days after the one before it, a mail leaves or a task is planned."""

    cadence = models.ForeignKey(Cadence, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=12, choices=StepKind.choices, default=StepKind.EMAIL)
    delay_days = models.PositiveSmallIntegerField(
        _("working days after the step before"),
        default=0,
        validators=[MaxValueValidator(MOST_DELAY)],
    )
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), max_length=5000, blank=True)

    access = Via("cadence")

    class Meta:
        verbose_name = _("step of a cadence")
        verbose_name_plural = _("steps of cadences")
        ordering = ["cadence", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cadence", "position"],
                name="cadence_step_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(delay_days__lte=MOST_DELAY), name="cadence_delay_within_a_year"
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_automatic(self) -> bool:
        """Whether it is done without anybody's hands."""
        return self.kind == StepKind.EMAIL

    @property
    def is_mail(self) -> bool:
        """Whether its words are those of a mail."""
        return self.kind in (StepKind.EMAIL, StepKind.MANUAL_EMAIL)


class PersonalTemplate(models.Model):
    """What somebody's own mails of a step say, in place of the company's words (个人模板)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    step = models.ForeignKey(CadenceStep, models.CASCADE, related_name="personal")
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), max_length=5000)

    access = Private("user")

    class Meta:
        verbose_name = _("personal template")
        verbose_name_plural = _("personal templates")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "step"], name="personal_template_once")]

    def __str__(self) -> str:
        return self.subject


class Enrolment(OwnedModel, Versioned):
    """One person being taken through a cadence: a contact or a lead, each in one at a time.

    The owner is in whose name mails leave and who gets the tasks. `next_step` falls due at `next_at`; while somebody still
    has to do a task (`waits_for`) there is no such moment.
    """

    cadence = models.ForeignKey(Cadence, models.PROTECT, related_name="enrolments", verbose_name=_("cadence"))
    contact = models.ForeignKey(
        Contact, models.CASCADE, null=True, related_name="enrolments", verbose_name=_("contact")
    )
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, related_name="enrolments", verbose_name=_("customer")
    )
    lead = models.ForeignKey(
        Lead, models.CASCADE, null=True, related_name="enrolments", verbose_name=_("lead")
    )
    state = models.CharField(
        _("status"), max_length=8, choices=EnrolmentState.choices, default=EnrolmentState.ACTIVE
    )
    reason = models.CharField(_("reason"), max_length=12, choices=StopReason.choices, blank=True)
    next_step = models.ForeignKey(
        CadenceStep, models.SET_NULL, null=True, related_name="+", verbose_name=_("next step")
    )
    next_at = models.DateTimeField(_("next step on"), null=True)
    waits_for = models.ForeignKey(Activity, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(_("since"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    objects = AliveManager()
    goes_with = "customer"
    access = Owned(also_via="customer")
    unrecorded_fields = ("attempts", "lease_until", "error", "next_at", "next_step", "waits_for")

    class Meta:
        verbose_name = _("enrolment in a cadence")
        verbose_name_plural = _("enrolments in cadences")
        default_permissions = ("view", "add", "change")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["contact"], condition=LIVE, name="enrolment_contact_once"),
            models.UniqueConstraint(fields=["lead"], condition=LIVE, name="enrolment_lead_once"),
            models.CheckConstraint(
                condition=Q(contact__isnull=False, customer__isnull=False, lead__isnull=True)
                | Q(contact__isnull=True, customer__isnull=True, lead__isnull=False),
                name="enrolment_of_one",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="enrolment_due", condition=Q(state="active")),
            models.Index(fields=["waits_for"], name="enrolment_waits", condition=Q(waits_for__isnull=False)),
            models.Index(fields=["owner", "-started_at", "-id"], name="enrolment_owner_new"),
            models.Index(fields=["team", "-started_at", "-id"], name="enrolment_team_new"),
            models.Index(fields=["-started_at", "-id"], name="enrolment_new"),
            models.Index(fields=["customer"], name="enrolment_customer_live", condition=LIVE),
        ]

    def __str__(self) -> str:
        return f"{self.cadence} · {self.who}"

    def get_absolute_url(self) -> str:
        return self.who.get_absolute_url()

    @property
    def who(self) -> Contact | Lead:
        """The person."""
        return self.contact or self.lead  # type: ignore[return-value]

    @property
    def is_live(self) -> bool:
        """Whether it goes on, now or after a pause."""
        return self.state in LIVE_STATES


class StepRun(models.Model):
    """A step that was carried out for somebody, once: the mail that was written for it, or the task planned."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="runs")
    step = models.ForeignKey(CadenceStep, models.SET_NULL, null=True, related_name="runs")
    kind = models.CharField(_("kind"), max_length=12, choices=StepKind.choices)
    subject = models.CharField(_("subject"), max_length=250)
    at = models.DateTimeField(_("when"), default=timezone.now)
    email = models.OneToOneField(OutgoingEmail, models.SET_NULL, null=True, related_name="+")
    activity = models.ForeignKey(Activity, models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)  # when its mail had left or failed and that was noted
    answered_at = models.DateTimeField(_("answered"), null=True)

    access = Via("enrolment")

    class Meta:
        verbose_name = _("step carried out")
        verbose_name_plural = _("steps carried out")
        default_permissions = ("view",)
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["enrolment", "step"], name="step_run_once")]
        indexes = [
            models.Index(fields=["at"], name="step_run_unsettled", condition=Q(settled_at__isnull=True)),
            models.Index(
                fields=["answered_at"], name="step_run_answered", condition=Q(answered_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class SnoozedAction(models.Model):
    """A recommended next step somebody does not want to see again before a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=60)  # the kind and the record, such as quote_ending:42
    until = models.DateTimeField()

    access = Private("user")

    class Meta:
        verbose_name = _("recommendation put off")
        verbose_name_plural = _("recommendations put off")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="snoozed_action_once")]

    def __str__(self) -> str:
        return self.key
