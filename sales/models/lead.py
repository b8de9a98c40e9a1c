from typing import Any

from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Contact, Customer
from accounts.models.choices import Source
from accounts.models.customer import ALIVE, AliveManager
from accounts.models.followed import Followed
from crm.core.phone import search_forms
from crm.core.pinyin import initials, sort_key
from crm.core.writes import SoftDeletable, Versioned
from crm.identity.ownership import OwnedModel
from crm.identity.policies import Owned, Via
from crm.records.custom_sql import custom_index
from crm.records.models.custom_field import CustomFields
from crm.records.queries.custom_fields import custom_words
from crm.records.searchable import Searchable, search_index
from crm.records.sound import sound_index
from sales.models.choices import DisqualifyReason, LeadStatus, TouchKind

OPEN_STATUSES = (LeadStatus.NEW, LeadStatus.WORKING, LeadStatus.QUALIFIED)
OPEN = ALIVE & models.Q(status__in=OPEN_STATUSES)


class Lead(OwnedModel, Followed, CustomFields, Searchable, Versioned, SoftDeletable):
    """Somebody who may become a customer (线索): a person, mostly of a company, that nobody has qualified yet.

    `source` is where they first came from and never changes; `last_source` is where they were last heard of.
    """

    name = models.CharField(_("name"), max_length=100)
    name_sort = models.CharField(max_length=200, editable=False)
    company = models.CharField(_("company"), max_length=200, blank=True)
    title = models.CharField(_("job title"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    wechat = models.CharField(_("WeChat"), max_length=100, blank=True)
    website = models.CharField(_("website"), max_length=300, blank=True)
    industry = models.ForeignKey(
        "records.Industry",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("industry"),
    )
    region = models.ForeignKey(
        "records.Region", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("region")
    )
    size = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=16, choices=Source.choices, blank=True)
    last_source = models.CharField(_("last source"), max_length=16, choices=Source.choices, blank=True)
    channel = models.CharField(_("channel"), max_length=60, blank=True)
    campaign = models.CharField(_("campaign"), max_length=100, blank=True)
    external_id = models.CharField(_("external ID"), max_length=100, blank=True)

    status = models.CharField(_("status"), max_length=12, choices=LeadStatus.choices, default=LeadStatus.NEW)
    reason = models.CharField(_("reason"), max_length=16, choices=DisqualifyReason.choices, blank=True)
    reason_note = models.CharField(_("note on the reason"), max_length=200, blank=True)
    # The four questions of a qualification (BANT); what is known is filled in.
    need = models.TextField(_("need"), max_length=2000, blank=True)
    budget = models.DecimalField(_("budget"), max_digits=18, decimal_places=2, null=True, blank=True)
    decides = models.BooleanField(_("decides or knows who does"), default=False)
    expected_at = models.DateField(_("wants to buy by"), null=True, blank=True)

    score = models.DecimalField(_("score"), max_digits=5, decimal_places=2, default=0, editable=False)
    fit_score = models.DecimalField(max_digits=5, decimal_places=2, default=0, editable=False)
    engagement_score = models.DecimalField(max_digits=5, decimal_places=2, default=0, editable=False)
    scored_at = models.DateTimeField(null=True, editable=False)
    # The learned chance (0–1) as of the last scoring while it was open; none while only the rules count.
    chance = models.DecimalField(_("chance"), max_digits=5, decimal_places=4, null=True, editable=False)
    hand_raised_at = models.DateTimeField(_("asked for contact"), null=True, editable=False)

    converted_at = models.DateTimeField(_("converted"), null=True, editable=False)
    customer = models.ForeignKey(
        Customer, models.SET_NULL, null=True, editable=False, related_name="leads", verbose_name=_("customer")
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, editable=False, related_name="leads", verbose_name=_("contact")
    )

    phone_key = models.CharField(max_length=20, blank=True, editable=False)
    company_core = models.CharField(max_length=200, blank=True, editable=False)
    company_region = models.CharField(max_length=40, blank=True, editable=False)

    activities = GenericRelation("accounts.Activity", "record_id", "record_type")

    objects = AliveManager()
    access = Owned()
    guarded_fields = (
        "title", "phone", "email", "wechat", "website", "industry", "region", "size", "channel", "campaign",
        "external_id", "need", "budget", "expected_at",
    )  # fmt: skip
    openly_found_by = ("name", "company")
    initialled = ("name", "company")
    heard_by = "name_sort"
    contact_values = ("phone", "email", "wechat")  # covered while it lies in a pool
    unrecorded_fields = ("phone_key", "company_core", "company_region", "name_sort")

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        permissions = [
            ("export_lead", _("Can export leads")),
            ("import_lead", _("Can import leads")),
            ("transfer_lead", _("Can transfer leads")),
            ("share_lead", _("Can share leads")),
            ("comment_lead", _("Can comment on leads")),
            ("reveal_lead", _("Can reveal masked values of leads")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"],
                condition=ALIVE & ~models.Q(external_id=""),
                name="lead_external_id_once",
                violation_error_message=_("There is a lead with this external ID already."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status=LeadStatus.CONVERTED) | models.Q(converted_at__isnull=False),
                name="lead_converted_when",
            ),
        ]
        indexes = [
            search_index("lead"),
            sound_index("lead"),
            custom_index("lead"),
            models.Index(fields=["owner", "-updated_at", "-id"], name="lead_owner_new", condition=ALIVE),
            models.Index(fields=["team", "-updated_at", "-id"], name="lead_team_new", condition=ALIVE),
            models.Index(fields=["-updated_at", "-id"], name="lead_new", condition=ALIVE),
            models.Index(fields=["owner", "-score", "-id"], name="lead_owner_score", condition=ALIVE),
            models.Index(fields=["team", "-score", "-id"], name="lead_team_score", condition=ALIVE),
            models.Index(fields=["-score", "-id"], name="lead_score", condition=ALIVE),
            models.Index(fields=["-chance", "-id"], name="lead_chance", condition=ALIVE),
            models.Index(
                fields=["owner", "next_follow_up_at", "id"], name="lead_owner_next", condition=ALIVE
            ),
            models.Index(fields=["created_at", "id"], name="lead_created", condition=ALIVE),
            models.Index(fields=["name_sort", "id"], name="lead_name", condition=ALIVE),
            models.Index(fields=["phone_key"], name="lead_phone", condition=~models.Q(phone_key="")),
            models.Index(fields=["email"], name="lead_email", condition=~models.Q(email="")),
            models.Index(
                fields=["company_core", "company_region"],
                name="lead_core",
                condition=~models.Q(company_core=""),
            ),
            models.Index(
                fields=["-deleted_at", "-id"], name="lead_bin", condition=models.Q(deleted_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_sort = sort_key(self.name, person=True)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("lead_detail", args=[self.pk])

    def search_values(self) -> list[object]:
        """Names, company and numbers: what a caller says first."""
        return [
            self.name,
            initials(self.name, person=True),
            self.company,
            initials(self.company),
            *search_forms(self.phone),
            self.email,
            self.wechat,
            self.external_id,
            *custom_words(self),
        ]

    @property
    def is_open(self) -> bool:
        """Whether it can still be worked: neither converted nor disqualified, nor in the bin."""
        return self.status in OPEN_STATUSES and self.deleted_at is None

    @property
    def asks_for_follow_up(self) -> bool:
        """Whether being in touch has to name a next step: while it is open."""
        return self.is_open

    @property
    def known(self) -> list[str]:
        """Which of the four questions of a qualification are answered."""
        answers = {
            "budget": self.budget is not None,
            "decides": self.decides,
            "need": bool(self.need),
            "expected_at": self.expected_at is not None,
        }
        return [name for name, answered in answers.items() if answered]


class LeadTouch(models.Model):
    """Something a lead did by itself, with the points it brings to the engagement score on that day."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="touches")
    kind = models.CharField(_("kind"), max_length=8, choices=TouchKind.choices)
    points = models.PositiveSmallIntegerField(_("points"))
    at = models.DateTimeField(_("when"), default=timezone.now)
    note = models.CharField(_("note"), max_length=200, blank=True)

    access = Via("lead")

    class Meta:
        verbose_name = _("touch")
        verbose_name_plural = _("touches")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["lead", "-at"], name="touch_of_lead")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.lead_id}"
