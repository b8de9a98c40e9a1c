import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Contact, Customer
from accounts.models.customer import ALIVE, AliveManager
from crm.core.pinyin import initials, sort_key
from crm.core.writes import SoftDeletable, Versioned
from crm.identity.ownership import OwnedModel
from crm.identity.policies import Owned, PartOf, Via
from crm.records.custom_sql import custom_index
from crm.records.models.custom_field import CustomFields
from crm.records.models.record_file import FILE_AUTHOR, RecordFile
from crm.records.queries.custom_fields import custom_words
from crm.records.searchable import Searchable, search_index
from crm.records.sound import sound_index
from sales.models.lines import SaleLine, Totals
from sales.models.opportunity import Opportunity
from sales.models.quote import Quote


class OrderKind(models.TextChoices):
    """What a sale was agreed by."""

    ORDER = "order", pgettext_lazy("sale", "Order")
    CONTRACT = "contract", pgettext_lazy("sale", "Contract")


class OrderStatus(models.TextChoices):
    """The life of an order or contract; from `effective` on it counts as sold."""

    DRAFT = "draft", pgettext_lazy("order", "Draft")
    IN_APPROVAL = "in_approval", pgettext_lazy("order", "In approval")
    APPROVED = "approved", pgettext_lazy("order", "Approved")
    EFFECTIVE = "effective", pgettext_lazy("order", "Effective")
    FULFILLING = "fulfilling", pgettext_lazy("order", "Being fulfilled")
    COMPLETED = "completed", pgettext_lazy("order", "Completed")
    REJECTED = "rejected", pgettext_lazy("order", "Rejected")
    EXPIRED = "expired", pgettext_lazy("order", "Expired")
    TERMINATED = "terminated", pgettext_lazy("order", "Terminated")
    VOIDED = "voided", pgettext_lazy("order", "Voided")


RUNNING = (OrderStatus.EFFECTIVE, OrderStatus.FULFILLING)
# Before a signature: the first one, or with an effective day the one under an amendment.
UNSIGNED = (OrderStatus.DRAFT, OrderStatus.IN_APPROVAL, OrderStatus.REJECTED, OrderStatus.APPROVED)
# Sold, whatever became of it since: `effective_date` says when. A draft or approval here is an amendment under way.
# What was voided or paid back in full never was.
EFFECTIVE = (
    ALIVE
    & models.Q(effective_date__isnull=False, refunded_date__isnull=True)
    & ~models.Q(status=OrderStatus.VOIDED)
)

MONEY = ("amount", "net", "tax", "listed", "discount")
# What tells any of it closes with any of it: prices by line, earlier versions.
CLOSED_WITH = tuple(f"sales.order.{name}" for name in MONEY)


class Order(OwnedModel, Totals, CustomFields, Searchable, Versioned, SoftDeletable):
    """What was sold to a customer (订单/合同): `amount` with tax, effective from the day it was approved and signed.

    A change of amount after approval is a new `revision`, approved again. `effective_date` stays meanwhile.
    """

    kind = models.CharField(_("kind"), max_length=8, choices=OrderKind.choices, default=OrderKind.CONTRACT)
    number = models.CharField(_("number"), max_length=60)
    revision = models.PositiveSmallIntegerField(_("revision"), default=1, editable=False)
    name = models.CharField(_("subject"), max_length=200)
    name_sort = models.CharField(max_length=200, editable=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders", verbose_name=_("customer"))
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("signed for by")
    )
    opportunity = models.ForeignKey(
        Opportunity,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("opportunity"),
    )
    quote = models.ForeignKey(
        Quote, models.SET_NULL, null=True, editable=False, related_name="orders", verbose_name=_("quote")
    )
    renews = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="renewals", verbose_name=_("renews")
    )
    status = models.CharField(
        _("status"), max_length=12, choices=OrderStatus.choices, default=OrderStatus.DRAFT, editable=False
    )
    signed_date = models.DateField(_("signed on"), null=True, blank=True)
    effective_date = models.DateField(_("effective from"), null=True, editable=False)
    refunded_date = models.DateField(
        _("refunded on"), null=True, editable=False
    )  # all that had come in for it
    start_date = models.DateField(_("begins"), null=True, blank=True)
    end_date = models.DateField(_("ends"), null=True, blank=True)
    closed_date = models.DateField(_("closed on"), null=True, editable=False)
    close_reason = models.CharField(_("reason"), max_length=300, blank=True, editable=False)
    payment_terms = models.CharField(_("payment terms"), max_length=300, blank=True)
    delivery_terms = models.CharField(_("delivery terms"), max_length=300, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    external_id = models.CharField(_("external ID"), max_length=100, blank=True)

    objects = AliveManager()
    goes_with = "customer"
    access = Owned(also_via="customer")
    guarded_fields = MONEY
    openly_found_by = ("number", "name", "customer__name", "external_id")
    initialled = ("name", "customer__name")
    heard_by = "name_sort"
    unrecorded_fields = ("name_sort",)

    class Meta:
        verbose_name = _("order or contract")
        verbose_name_plural = _("orders and contracts")
        permissions = [
            ("export_order", _("Can export orders and contracts")),
            ("import_order", _("Can import orders and contracts")),
            ("transfer_order", _("Can transfer orders and contracts")),
            ("comment_order", _("Can comment on orders and contracts")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                condition=ALIVE,
                name="order_number_once",
                violation_error_message=_("There is an order or contract with this number already."),
            ),
            models.UniqueConstraint(
                fields=["external_id"],
                condition=ALIVE & ~models.Q(external_id=""),
                name="order_external_id_once",
            ),
            # An accepted quote becomes one order; a voided one makes room for another.
            models.UniqueConstraint(
                fields=["quote"], condition=ALIVE & ~models.Q(status="voided"), name="order_of_quote_once"
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="order_amount_not_negative"),
            models.CheckConstraint(
                condition=~models.Q(status__in=["effective", "fulfilling", "completed"])
                | models.Q(effective_date__isnull=False),
                name="order_effective_since",
            ),
        ]
        indexes = [
            search_index("order"),
            sound_index("order"),
            custom_index("order"),
            models.Index(fields=["owner", "-updated_at", "-id"], name="order_owner_new", condition=ALIVE),
            models.Index(fields=["team", "-updated_at", "-id"], name="order_team_new", condition=ALIVE),
            models.Index(fields=["-updated_at", "-id"], name="order_new", condition=ALIVE),
            models.Index(fields=["-amount", "-id"], name="order_amount", condition=ALIVE),
            models.Index(fields=["name_sort", "id"], name="order_name", condition=ALIVE),
            models.Index(fields=["customer", "effective_date"], name="order_of_customer", condition=ALIVE),
            models.Index(fields=["effective_date", "owner"], name="order_effective", condition=EFFECTIVE),
            models.Index(
                fields=["end_date", "id"],
                name="order_ending",
                condition=ALIVE & models.Q(status__in=["effective", "fulfilling"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_sort = sort_key(self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("order_detail", args=[self.pk])

    def search_values(self) -> list[object]:
        """Found by its number, its subject and the customer."""
        return [
            self.number,
            self.name,
            initials(self.name),
            self.customer.name,
            initials(self.customer.name),
            self.external_id,
            *custom_words(self),
        ]

    @property
    def is_draft(self) -> bool:
        """Whether its own fields and lines can still change."""
        return self.status in (OrderStatus.DRAFT, OrderStatus.REJECTED) and self.deleted_at is None

    @property
    def is_effective(self) -> bool:
        """Whether it was signed and not voided."""
        return self.effective_date is not None and self.status != OrderStatus.VOIDED

    @property
    def signed_amount(self) -> Decimal:
        """What it is worth by the papers that hold: of an amendment under way that is what was signed before it.

        Rows read by `queries.orders.with_signed` bring it along; closed with the amount, it says nothing.
        """
        if self.effective_date is None or self.status not in UNSIGNED or self.amount is None:
            return self.amount
        if "signed" in self.__dict__:
            return self.__dict__["signed"]
        before = self.versions.first()
        return before.amount if before is not None else self.amount

    @property
    def is_owed(self) -> bool:
        """Whether its customer owes what is planned of it: sold, and not paid back in full."""
        return self.is_effective and self.refunded_date is None

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING and self.deleted_at is None

    def days_left(self, today: datetime.date) -> int | None:
        """Days until a running contract ends; None where it has no end."""
        return (self.end_date - today).days if self.end_date and self.is_running else None


class OrderLine(SaleLine):
    """One line of an order or contract."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")

    access = Via("order")
    repeats: ClassVar = dict.fromkeys(("price", *MONEY), CLOSED_WITH)

    class Meta(SaleLine.Meta):
        abstract = False
        verbose_name = _("line of an order")
        verbose_name_plural = _("lines of orders")


class OrderVersion(models.Model):
    """An order as it was before an amendment: what had been approved and signed under an earlier revision."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="versions")
    revision = models.PositiveSmallIntegerField(_("revision"))
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    snapshot = models.JSONField()
    reason = models.CharField(_("reason"), max_length=300)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(default=timezone.now)

    access = Via("order")
    repeats: ClassVar = {"amount": CLOSED_WITH, "snapshot": CLOSED_WITH}

    class Meta:
        verbose_name = _("earlier version of an order")
        verbose_name_plural = _("earlier versions of orders")
        default_permissions = ("view",)
        ordering = ["-revision"]
        constraints = [models.UniqueConstraint(fields=["order", "revision"], name="order_version_once")]

    def __str__(self) -> str:
        return f"{self.order_id} v{self.revision}"


class OrderReminder(models.Model):
    """That somebody was told that a contract ends in so many days; once for each end."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="reminders")
    end_date = models.DateField()
    days_before = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)

    access = Via("order")

    class Meta:
        verbose_name = _("reminder of a contract's end")
        verbose_name_plural = _("reminders of contracts' ends")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["order", "end_date", "days_before"], name="order_reminded_once")
        ]

    def __str__(self) -> str:
        return f"{self.order_id} −{self.days_before}"


class OrderFile(RecordFile):
    """A file kept with an order or contract: the signed copy, a specification, a delivery note."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="files")

    access = PartOf("order", FILE_AUTHOR)

    class Meta(RecordFile.Meta):
        verbose_name = _("file of an order")
        verbose_name_plural = _("files of orders")
