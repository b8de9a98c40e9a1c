from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.core.money import BASE_CURRENCY
from crm.identity.policies import Via
from sales.models.opportunity import Opportunity
from sales.models.product import SHARE, Product


class SaleLine(models.Model):
    """One line of what is offered or sold; its amounts are reckoned by `sales.rules.quoting` when it is written.

    `discount` and `tax_rate` are shares. `listed` is before the discount, `amount` with tax, `net` without it.
    """

    position = models.PositiveSmallIntegerField(default=0)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    name = models.CharField(_("name"), max_length=200)
    description = models.CharField(_("description"), max_length=500, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=3, default=1)
    price = models.DecimalField(_("unit price"), max_digits=18, decimal_places=4)
    discount = models.DecimalField(_("discount"), max_digits=5, decimal_places=4, default=0, validators=SHARE)
    tax_rate = models.DecimalField(_("tax rate"), max_digits=5, decimal_places=4, validators=SHARE)
    listed = models.DecimalField(_("before discount"), max_digits=18, decimal_places=2)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    net = models.DecimalField(_("net amount"), max_digits=18, decimal_places=2)
    tax = models.DecimalField(_("tax"), max_digits=18, decimal_places=2)

    class Meta:
        abstract = True
        default_permissions = ("view",)
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Totals(models.Model):
    """The sums over the lines of what is offered or sold, kept in the row so that lists and reports read no lines."""

    currency = models.CharField(_("currency"), max_length=3, default=BASE_CURRENCY)
    tax_included = models.BooleanField(_("prices include tax"), default=True)
    listed = models.DecimalField(
        _("before discount"), max_digits=18, decimal_places=2, default=0, editable=False
    )
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, default=0, editable=False)
    net = models.DecimalField(_("net amount"), max_digits=18, decimal_places=2, default=0, editable=False)
    tax = models.DecimalField(_("tax"), max_digits=18, decimal_places=2, default=0, editable=False)
    discount = models.DecimalField(
        _("effective discount"), max_digits=5, decimal_places=4, default=0, editable=False
    )

    class Meta:
        abstract = True


class OpportunityLine(SaleLine):
    """A product a deal is about; a deal with lines is worth what they come to."""

    opportunity = models.ForeignKey(Opportunity, models.CASCADE, related_name="lines")

    access = Via("opportunity")

    class Meta(SaleLine.Meta):
        abstract = False
        verbose_name = _("product of an opportunity")
        verbose_name_plural = _("products of opportunities")
