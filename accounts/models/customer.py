from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import Intent, Kind, Source, Stage, Tier
from accounts.models.followed import Followed
from accounts.models.marks import NameMarks, NarrowMarks
from crm.core.phone import search_forms
from crm.core.pinyin import initials, sort_key
from crm.core.writes import AliveManager, SoftDeletable, Versioned
from crm.identity.ownership import OwnedModel
from crm.identity.policies import Owned, Via
from crm.records.custom_sql import custom_index
from crm.records.models.custom_field import CustomFields
from crm.records.queries.custom_fields import custom_words
from crm.records.searchable import Searchable, search_index
from crm.records.sound import sound_index

ALIVE = models.Q(deleted_at__isnull=True)


class Customer(OwnedModel, Followed, CustomFields, Searchable, Versioned, SoftDeletable):
    """A company or person one sells to: `first_deal_at` makes it a deal customer (成交客户), until then a prospect.

    What is compared when duplicates are sought (`phone_key`, `email`, `uscc`, `company_core` with `company_region`)
    is stored normalised beside what people typed.
    """

    name = models.CharField(_("name"), max_length=200)
    name_sort = models.CharField(max_length=200, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.COMPANY)
    uscc = models.CharField(_("credit code"), max_length=18, blank=True)
    external_id = models.CharField(_("external ID"), max_length=100, blank=True)
    tier = models.CharField(_("tier"), max_length=1, choices=Tier.choices, null=True, blank=True)
    intent = models.CharField(_("intent"), max_length=1, choices=Intent.choices, null=True, blank=True)
    lifecycle_stage = models.CharField(
        _("life cycle"), max_length=12, choices=Stage.choices, default=Stage.LEAD
    )
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
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    website = models.CharField(_("website"), max_length=300, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=16, choices=Source.choices, blank=True)
    source_detail = models.CharField(
        _("source detail"),
        max_length=100,
        blank=True,
        help_text=_("Which fair, campaign or person, for example."),
    )
    parent = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent company"),
    )
    tags = models.ManyToManyField(
        "records.Tag", through="CustomerTag", blank=True, related_name="+", verbose_name=_("tags")
    )

    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="absorbed", db_index=False
    )

    first_deal_at = models.DateField(_("first deal"), null=True, blank=True)
    neglect_from = models.DateField(
        _("silence counts from"),
        default=timezone.localdate,
        editable=False,
        help_text=_("The day it was created, or the go-live date of the import it came with."),
    )
    health_score = models.DecimalField(_("health"), max_digits=5, decimal_places=2, null=True, editable=False)
    health_band = models.CharField(max_length=6, blank=True, editable=False)

    phone_key = models.CharField(max_length=20, blank=True, editable=False)
    company_core = models.CharField(max_length=200, blank=True, editable=False)
    company_region = models.CharField(max_length=40, blank=True, editable=False)

    objects = AliveManager()
    access = Owned(deal_date="first_deal_at")
    heard_by = "name_sort"
    guarded_fields = (
        "uscc", "tier", "intent", "industry", "region", "size", "phone", "email", "website", "address",
        "source", "source_detail", "parent", "external_id",
    )  # fmt: skip
    contact_values = ("phone", "email")  # covered while it lies in a pool
    search_reads = ("accounts.Customer", "accounts.Contact")
    page_fields = (
        "uscc",
        "source",
        "address",
        "phone",
        "email",
        "website",
        "industry",
        "region",
        "size",
        "kind",
        "tier",
        "intent",
        "source_detail",
        "parent",
        "external_id",
    )
    unrecorded_fields = ("phone_key", "company_core", "company_region")  # they follow from what people typed

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [
            ("export_customer", _("Can export customers")),
            ("transfer_customer", _("Can transfer customers")),
            ("share_customer", _("Can share customers")),
            ("import_customer", _("Can import customers")),
            ("merge_customer", _("Can merge customers")),
            ("comment_customer", _("Can comment on customers")),
            ("reveal_customer", _("Can reveal masked values of customers")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"],
                condition=ALIVE & ~models.Q(external_id=""),
                name="customer_external_id_once",
                violation_error_message=_("There is a customer with this external ID already."),
            )
        ]
        indexes = [
            search_index("customer"),
            sound_index("customer"),
            custom_index("customer"),
            models.Index(fields=["owner", "-updated_at", "-id"], name="customer_owner_new", condition=ALIVE),
            models.Index(fields=["team", "-updated_at", "-id"], name="customer_team_new", condition=ALIVE),
            models.Index(fields=["-updated_at", "-id"], name="customer_new", condition=ALIVE),
            models.Index(
                fields=["owner", "next_follow_up_at", "id"], name="customer_owner_next", condition=ALIVE
            ),
            models.Index(
                fields=["team", "next_follow_up_at", "id"], name="customer_team_next", condition=ALIVE
            ),
            models.Index(fields=["next_follow_up_at", "id"], name="customer_next", condition=ALIVE),
            models.Index(fields=["owner", "name_sort", "id"], name="customer_owner_name", condition=ALIVE),
            models.Index(fields=["team", "name_sort", "id"], name="customer_team_name", condition=ALIVE),
            models.Index(fields=["name_sort", "id"], name="customer_name", condition=ALIVE),
            models.Index(fields=["last_activity_at", "id"], name="customer_last", condition=ALIVE),
            models.Index(fields=["created_at", "id"], name="customer_created", condition=ALIVE),
            models.Index(fields=["first_deal_at", "id"], name="customer_deal", condition=ALIVE),
            models.Index(fields=["phone_key"], name="customer_phone", condition=~models.Q(phone_key="")),
            models.Index(fields=["email"], name="customer_email", condition=~models.Q(email="")),
            models.Index(fields=["uscc"], name="customer_uscc", condition=~models.Q(uscc="")),
            models.Index(
                fields=["company_core", "company_region"],
                name="customer_core",
                condition=~models.Q(company_core=""),
            ),
            GinIndex(
                NameMarks("company_region", "company_core"),
                name="customer_marks",
                condition=ALIVE & ~models.Q(company_core=""),
            ),
            GinIndex(
                NarrowMarks("company_region", "company_core"),
                name="customer_narrow_marks",
                fastupdate=False,  # an import asks it for thousands of marks right after writing thousands
                condition=ALIVE & ~models.Q(company_core=""),
            ),
            models.Index(
                fields=["merged_into"],
                name="customer_absorbed",
                condition=models.Q(merged_into__isnull=False),
            ),
            models.Index(
                fields=["-deleted_at", "-id"],
                name="customer_bin",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_sort = sort_key(self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("customer_detail", args=[self.pk])

    def search_values(self) -> list[object]:
        """Its own names and numbers, and those of its contacts: one types what one has at hand."""
        people = self.contacts.all() if self.pk else ()
        return [
            self.name,
            initials(self.name),
            self.uscc,
            self.external_id,
            *search_forms(self.phone),
            self.email,
            self.website,
            *custom_words(self),
            *(value for person in people for value in (person.name, *search_forms(person.phone))),
        ]

    @property
    def asks_for_follow_up(self) -> bool:
        """Whether being in touch has to name a next step: until it is lost."""
        return self.lifecycle_stage != Stage.CHURNED

    @property
    def is_deal(self) -> bool:
        """Whether there has been a deal (成交客户): such a customer is archived, never deleted."""
        return self.first_deal_at is not None

    @property
    def grade(self) -> str:
        """The letter of its badge: the tier of a deal customer, the intent of a prospect."""
        return (self.tier if self.is_deal else self.intent) or ""


class CustomerTag(models.Model):
    """A tag on a customer: who put it there, and until when it holds."""

    class Origin(models.TextChoices):
        MANUAL = "manual", _("By hand")
        RULE = "rule", _("By a rule")
        IMPORT = "import", _("By import")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="tag_links")
    tag = models.ForeignKey("records.Tag", models.CASCADE, related_name="+")
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.MANUAL)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)

    access = Via("customer")

    class Meta:
        verbose_name = _("customer tag")
        verbose_name_plural = _("customer tags")
        constraints = [models.UniqueConstraint(fields=["customer", "tag"], name="customer_tag_once")]

    def __str__(self) -> str:
        return f"{self.customer_id} · {self.tag_id}"
