import datetime
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import ALIVE, AliveManager
from crm.core.money import BASE_CURRENCY
from crm.core.pinyin import initials, sort_key
from crm.core.writes import SoftDeletable, Versioned
from crm.identity.policies import Everyone, Via
from crm.records.custom_sql import custom_index
from crm.records.models import NamedInBothLanguages
from crm.records.models.custom_field import CustomFields
from crm.records.queries.custom_fields import custom_words
from crm.records.searchable import Searchable, search_index
from crm.records.sound import sound_index

SHARE = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))]


class TaxRate(NamedInBothLanguages):
    """A rate of value-added tax (增值税率) with the days it holds on; 13 % is 0.13."""

    rate = models.DecimalField(_("rate"), max_digits=5, decimal_places=4, validators=SHARE)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    is_default = models.BooleanField(_("default"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)

    access = Everyone()

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(rate__gte=0, rate__lte=1), name="tax_rate_is_a_share"),
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="tax_rate_default_once"
            ),
        ]

    def holds_on(self, day: datetime.date) -> bool:
        """Whether lines of that day may be taxed with it."""
        return (self.valid_from or day) <= day <= (self.valid_until or day)


class Product(CustomFields, Searchable, Versioned, SoftDeletable):
    """Something one sells (产品): what it is called, counted in, listed at and taxed with."""

    name = models.CharField(_("name"), max_length=200)
    name_sort = models.CharField(max_length=200, editable=False)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    code = models.CharField(_("product code"), max_length=60, blank=True)
    category = models.CharField(_("product category"), max_length=60, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    list_price = models.DecimalField(_("list price"), max_digits=18, decimal_places=4, default=0)
    currency = models.CharField(_("currency"), max_length=3, default=BASE_CURRENCY)
    cost = models.DecimalField(_("cost"), max_digits=18, decimal_places=4, null=True, blank=True)
    tax_rate = models.DecimalField(
        _("tax rate"), max_digits=5, decimal_places=4, default=Decimal("0.13"), validators=SHARE
    )
    is_active = models.BooleanField(_("on sale"), default=True)
    description = models.TextField(_("description"), max_length=2000, blank=True)

    objects = AliveManager()
    access = Everyone()
    guarded_fields = ("cost",)
    heard_by = "name_sort"
    unrecorded_fields = ("name_sort",)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        permissions = [
            ("export_product", _("Can export products")),
            ("import_product", _("Can import products")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=ALIVE & ~models.Q(code=""),
                name="product_code_once",
                violation_error_message=_("There is a product with this code already."),
            ),
            models.CheckConstraint(condition=models.Q(list_price__gte=0), name="product_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(tax_rate__gte=0, tax_rate__lte=1), name="product_tax_rate_is_a_share"
            ),
        ]
        indexes = [
            search_index("product"),
            sound_index("product"),
            custom_index("product"),
            models.Index(fields=["name_sort", "id"], name="product_name", condition=ALIVE),
            models.Index(fields=["code", "id"], name="product_code", condition=ALIVE),
            models.Index(fields=["-updated_at", "-id"], name="product_new", condition=ALIVE),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_sort = sort_key(self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("product_detail", args=[self.pk])

    def search_values(self) -> list[object]:
        """Found by its names, code and category."""
        return [
            self.name,
            initials(self.name),
            self.name_en,
            self.code,
            self.category,
            *custom_words(self),
        ]


class PriceBook(Versioned):
    """A list of prices (价格表) in one currency, for everybody or for some teams, valid for a time."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    currency = models.CharField(_("currency"), max_length=3, default=BASE_CURRENCY)
    tax_included = models.BooleanField(_("prices include tax"), default=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    is_default = models.BooleanField(_("default"), default=False)
    teams = models.ManyToManyField(
        "identity.Team",
        blank=True,
        related_name="+",
        verbose_name=_("teams"),
        help_text=_("Who sells by these prices; without a choice everybody."),
    )
    products: models.ManyToManyField = models.ManyToManyField(
        Product, through="PriceBookEntry", related_name="price_books"
    )

    access = Everyone()

    class Meta:
        verbose_name = _("price book")
        verbose_name_plural = _("price books")
        ordering = ["-is_default", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["currency"], condition=models.Q(is_default=True), name="price_book_default_once"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from__isnull=True)
                | models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="price_book_period",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("pricebook_detail", args=[self.pk])


class PriceBookEntry(models.Model):
    """What a product costs by one price book."""

    book = models.ForeignKey(PriceBook, models.CASCADE, related_name="entries")
    product = models.ForeignKey(Product, models.CASCADE, related_name="prices", verbose_name=_("product"))
    price = models.DecimalField(_("price"), max_digits=18, decimal_places=4)

    access = Via("book")

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        default_permissions = ("view",)
        ordering = ["product__name_sort", "id"]
        constraints = [
            models.UniqueConstraint(fields=["book", "product"], name="price_once_a_book"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.price}"
