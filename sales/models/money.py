from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.core.writes import AliveManager, Versioned
from crm.identity.models import User
from crm.identity.policies import Via
from sales.models.order import Order


class ReceiptStatus(models.TextChoices):
    """How far a receipt is; only a confirmed one counts."""

    DRAFT = "draft", pgettext_lazy("receipt", "To be confirmed")
    CONFIRMED = "confirmed", pgettext_lazy("receipt", "Confirmed")
    VOIDED = "voided", pgettext_lazy("receipt", "Voided")


class PaymentMethod(models.TextChoices):
    """How money came in (回款方式)."""

    TRANSFER = "transfer", pgettext_lazy("payment", "Bank transfer")
    ACCEPTANCE = "acceptance", pgettext_lazy("payment", "Bank acceptance bill")
    CHEQUE = "cheque", pgettext_lazy("payment", "Cheque")
    ONLINE = "online", pgettext_lazy("payment", "WeChat or Alipay")
    CASH = "cash", pgettext_lazy("payment", "Cash")
    OPENING = "opening", pgettext_lazy("payment", "Opening balance")
    OTHER = "other", pgettext_lazy("payment", "Other")


class PaymentPlan(Versioned):
    """One instalment of an order (回款计划): what is due on a day, in the order's currency.

    `received` follows from the confirmed receipts of the order, the oldest due date first; only services write it.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="plan", verbose_name=_("contract"))
    due_date = models.DateField(_("due on"))
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    received = models.DecimalField(_("received"), max_digits=18, decimal_places=2, default=0, editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = AliveManager()
    goes_with = "order"
    access = Via("order")

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("payment plan")
        ordering = ["due_date", "id"]
        permissions = [
            ("export_paymentplan", _("Can export payment plans")),
            ("import_paymentplan", _("Can import payment plans")),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="instalment_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(received__gte=0) & models.Q(received__lte=models.F("amount")),
                name="instalment_received_within",
            ),
        ]
        indexes = [
            models.Index(fields=["due_date", "id"], name="instalment_due"),
            models.Index(
                fields=["due_date", "order"],
                name="instalment_open",
                condition=models.Q(received__lt=models.F("amount")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order.name} {self.due_date.isoformat()}"

    def get_absolute_url(self) -> str:
        return self.order.get_absolute_url()

    @property
    def is_provisional(self) -> bool:
        """Whether its contract is not signed yet: until then who drafts the contract plans it."""
        return not self.order.is_effective


class PaymentReminder(models.Model):
    """That somebody was told of an instalment so many days before or after the day it is due; once for each day."""

    instalment = models.ForeignKey(PaymentPlan, models.CASCADE, related_name="reminders")
    due_date = models.DateField()
    days = models.SmallIntegerField()
    at = models.DateTimeField(default=timezone.now)

    access = Via("instalment")

    class Meta:
        verbose_name = _("reminder of a payment")
        verbose_name_plural = _("reminders of payments")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["instalment", "due_date", "days"], name="instalment_reminded_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.instalment_id} {self.days:+d}"


class Receipt(Versioned):
    """Money that came in for an order (回款记录), negative where it went back; counts once finance has confirmed it."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="receipts", verbose_name=_("contract"))
    received_date = models.DateField(_("received on"))
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    method = models.CharField(
        _("way of payment"), max_length=12, choices=PaymentMethod.choices, default=PaymentMethod.TRANSFER
    )
    reference = models.CharField(_("bank reference"), max_length=100, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=ReceiptStatus.choices,
        default=ReceiptStatus.DRAFT,
        editable=False,
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    confirmed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("confirmed by")
    )
    void_reason = models.CharField(_("reason"), max_length=300, blank=True, editable=False)
    external_id = models.CharField(_("external ID"), max_length=100, blank=True)

    objects = AliveManager()
    goes_with = "order"
    access = Via("order")

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        permissions = [
            ("export_receipt", _("Can export receipts")),
            ("import_receipt", _("Can import receipts")),
            ("confirm_receipt", _("Can confirm receipts")),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="receipt_amount_not_zero"),
            models.CheckConstraint(
                condition=~models.Q(status="confirmed") | models.Q(confirmed_at__isnull=False),
                name="receipt_confirmed_since",
            ),
            models.UniqueConstraint(
                fields=["external_id"], condition=~models.Q(external_id=""), name="receipt_external_id_once"
            ),
        ]
        indexes = [
            models.Index(fields=["-received_date", "-id"], name="receipt_new"),
            models.Index(fields=["order", "status"], name="receipt_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.order.name} {self.received_date.isoformat()}"

    def get_absolute_url(self) -> str:
        return self.order.get_absolute_url()

    @property
    def is_draft(self) -> bool:
        """Whether it still waits for finance."""
        return self.status == ReceiptStatus.DRAFT

    @property
    def is_provisional(self) -> bool:
        """Whether who recorded it may still correct it or take it back."""
        return self.is_draft

    @property
    def is_confirmed(self) -> bool:
        """Whether it counts."""
        return self.status == ReceiptStatus.CONFIRMED
