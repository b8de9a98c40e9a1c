from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from accounts.models.choices import Source
from crm.core.writes import Versioned
from crm.identity.models import Team, User
from crm.identity.policies import Everyone
from crm.records.models.custom_field import in_language
from sales.models.lead import Lead

SHORT, LONG = 100, 2000


class WebForm(Versioned):
    """A public form by which people become leads (表单): its fields and texts, and where it may stand."""

    slug = models.SlugField(_("address"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=SHORT)
    is_active = models.BooleanField(_("open to the public"), default=True)
    fields = models.JSONField(_("fields"), default=list)  # [{"name": "phone", "required": true}]
    title_zh = models.CharField(_("Chinese title"), max_length=SHORT, blank=True)
    title_en = models.CharField(_("English title"), max_length=SHORT, blank=True)
    intro_zh = models.TextField(_("Chinese introduction"), max_length=LONG, blank=True)
    intro_en = models.TextField(_("English introduction"), max_length=LONG, blank=True)
    button_zh = models.CharField(_("Chinese button"), max_length=20, blank=True)
    button_en = models.CharField(_("English button"), max_length=20, blank=True)
    thanks_zh = models.TextField(_("Chinese thanks"), max_length=LONG, blank=True)
    thanks_en = models.TextField(_("English thanks"), max_length=LONG, blank=True)
    redirect_url = models.CharField(_("address of your own page of thanks"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=16, choices=Source.choices, default=Source.WEB_FORM)
    campaign = models.CharField(_("campaign"), max_length=SHORT, blank=True)
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    embed_origins = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, verbose_name=_("sites that may embed it")
    )

    access = Everyone()

    class Meta:
        verbose_name = _("web form")
        verbose_name_plural = _("web forms")
        default_permissions = ()
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("web_form", args=[self.slug])

    @property
    def title(self) -> str:
        """Its title in the reader's language."""
        return in_language(self.title_zh, self.title_en) or self.name

    @property
    def intro(self) -> str:
        return in_language(self.intro_zh, self.intro_en)

    @property
    def button(self) -> str:
        return in_language(self.button_zh, self.button_en)

    @property
    def thanks(self) -> str:
        return in_language(self.thanks_zh, self.thanks_en)


class ConsentText(models.Model):
    """What people agree to when they send a form: each wording stays as it was when somebody agreed to it."""

    form = models.ForeignKey(WebForm, models.CASCADE, related_name="consents")
    version = models.PositiveIntegerField(_("version"))
    text_zh = models.TextField(_("Chinese text"), max_length=LONG, blank=True)
    text_en = models.TextField(_("English text"), max_length=LONG, blank=True)
    since = models.DateTimeField(_("since"), default=timezone.now)

    access = Everyone()

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        default_permissions = ()
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["form", "version"], name="consent_version_once")]

    def __str__(self) -> str:
        return f"{self.form_id} v{self.version}"

    @property
    def text(self) -> str:
        """The wording in the reader's language."""
        return in_language(self.text_zh, self.text_en)


class FormSubmission(models.Model):
    """What somebody sent by a form, with the consent they gave: proof that outlives the lead it became."""

    class Outcome(models.TextChoices):
        LEAD = "lead", _("New lead")
        AGAIN = "again", _("Known lead")
        CUSTOMER = "customer", _("Known customer")

    form = models.ForeignKey(WebForm, models.CASCADE, related_name="submissions")
    key = models.CharField(max_length=64)  # the same for a form that was sent twice
    at = models.DateTimeField(_("received"), default=timezone.now)
    outcome = models.CharField(_("became"), max_length=8, choices=Outcome.choices, blank=True)
    lead = models.ForeignKey(Lead, models.SET_NULL, null=True, related_name="submissions")
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, related_name="+")
    answers = models.JSONField(_("answers"), default=dict)
    consent = models.ForeignKey(ConsentText, models.PROTECT, null=True, related_name="+")
    address = models.GenericIPAddressField(_("IP address"), null=True)
    utm = models.JSONField(default=dict)
    referrer = models.CharField(_("came from"), max_length=500, blank=True)
    landing = models.CharField(_("page"), max_length=500, blank=True)

    access = Everyone()

    class Meta:
        verbose_name = _("form received")
        verbose_name_plural = _("forms received")
        default_permissions = ()
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["form", "key"], name="form_received_once")]
        indexes = [models.Index(fields=["form", "-at"], name="form_received")]

    def __str__(self) -> str:
        return f"{self.form_id} {self.at:%Y-%m-%d %H:%M}"

    @property
    def who(self) -> Any:
        """What it became, to be shown with a link."""
        return self.lead or self.customer
