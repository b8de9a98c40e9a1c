from decimal import Decimal

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.core.writes import AliveManager, Versioned
from crm.identity.models import User
from crm.identity.policies import Via
from sales.models.order import Order
from sales.models.product import SHARE


class InvoiceKind(models.TextChoices):
    """What kind of fapiao it is (发票类型)."""

    SPECIAL = "special", pgettext_lazy("invoice", "Special VAT invoice")
    ORDINARY = "ordinary", pgettext_lazy("invoice", "Ordinary invoice")
    DIGITAL = "digital", pgettext_lazy("invoice", "Digital invoice")


class InvoiceStatus(models.TextChoices):
    """How far an invoice is; from `issued` on it stands in the books of the tax office."""

    APPLIED = "applied", pgettext_lazy("invoice", "Applied for")
    ISSUED = "issued", pgettext_lazy("invoice", "Issued")
    DELIVERED = "delivered", pgettext_lazy("invoice", "Delivered")
    REVERSED = "reversed", pgettext_lazy("invoice", "Reversed")
    REJECTED = "rejected", pgettext_lazy("invoice", "Turned down")
    VOIDED = "voided", pgettext_lazy("invoice", "Voided")


IN_BOOKS = (InvoiceStatus.ISSUED, InvoiceStatus.DELIVERED, InvoiceStatus.REVERSED)
# What takes room of the contract: an application holds its place until it is decided.
TAKEN = (InvoiceStatus.APPLIED, *IN_BOOKS)


class Invoice(Versioned):
    """An invoice (发票) for an order: applied for by who sells, issued by finance; a negative one reverses another (红字).

    Together, reversals taken off, they never exceed what the contract is worth. Amounts are in the order's currency.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="invoices", verbose_name=_("contract"))
    kind = models.CharField(
        _("kind"), max_length=10, choices=InvoiceKind.choices, default=InvoiceKind.DIGITAL
    )
    title = models.CharField(_("invoice title"), max_length=200)
    tax_number = models.CharField(_("tax number"), max_length=30, blank=True)
    bank = models.CharField(_("bank and account"), max_length=200, blank=True)
    address = models.CharField(_("address and phone"), max_length=200, blank=True)
    content = models.CharField(_("invoice content"), max_length=200, blank=True)
    send_to = models.CharField(_("send to"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, editable=False)
    net = models.DecimalField(_("net amount"), max_digits=18, decimal_places=2, editable=False)
    tax = models.DecimalField(_("tax"), max_digits=18, decimal_places=2, editable=False)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=InvoiceStatus.choices,
        default=InvoiceStatus.APPLIED,
        editable=False,
    )
    number = models.CharField(_("invoice number"), max_length=40, blank=True, editable=False)
    issued_date = models.DateField(_("issued on"), null=True, editable=False)
    delivered_date = models.DateField(_("delivered on"), null=True, editable=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True, editable=False)
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="reversals",
        verbose_name=_("reverses"),
    )
    applied_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("applied for by")
    )
    issued_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("issued by")
    )

    objects = AliveManager()
    goes_with = "order"
    access = Via("order")

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        permissions = [
            ("export_invoice", _("Can export invoices")),
            ("issue_invoice", _("Can issue invoices")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reverses__isnull=True, amount__gt=0)
                | models.Q(reverses__isnull=False, amount__lt=0),
                name="invoice_sign",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["issued", "delivered", "reversed"])
                | (models.Q(issued_date__isnull=False) & ~models.Q(number="")),
                name="invoice_issued_since",
            ),
            models.UniqueConstraint(
                fields=["number"], condition=~models.Q(number=""), name="invoice_number_once"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="invoice_new"),
            models.Index(fields=["order", "status"], name="invoice_of_order"),
            models.Index(fields=["-issued_date", "-id"], name="invoice_issued"),
        ]

    def __str__(self) -> str:
        return self.number or self.title

    def get_absolute_url(self) -> str:
        return reverse("invoice_detail", args=[self.pk])

    @property
    def currency(self) -> str:
        return self.order.currency

    @property
    def is_applied(self) -> bool:
        """Whether it still waits for finance."""
        return self.status == InvoiceStatus.APPLIED

    @property
    def is_provisional(self) -> bool:
        """Whether who drafted it may still take it back."""
        return self.is_applied

    @property
    def is_in_books(self) -> bool:
        """Whether it counts."""
        return self.status in IN_BOOKS

    @property
    def is_reversal(self) -> bool:
        return self.reverses_id is not None


class InvoiceAmount(models.Model):
    """What of an invoice is taxed at one rate, with tax and without."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="amounts")
    rate = models.DecimalField(_("rate"), max_digits=5, decimal_places=4, validators=SHARE)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    net = models.DecimalField(_("net amount"), max_digits=18, decimal_places=2)
    tax = models.DecimalField(_("tax"), max_digits=18, decimal_places=2)

    access = Via("invoice")

    class Meta:
        verbose_name = _("amount of an invoice")
        verbose_name_plural = _("amounts of invoices")
        default_permissions = ("view",)
        ordering = ["-rate"]
        constraints = [models.UniqueConstraint(fields=["invoice", "rate"], name="invoice_rate_once")]

    def __str__(self) -> str:
        return f"{self.invoice_id} {(self.rate * 100).quantize(Decimal('0.01'))} %"
