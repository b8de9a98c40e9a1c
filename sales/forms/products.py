"""Forms of products, price books and tax rates: they validate, services save."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.listing.forms import CrmForm, CrmModelForm
from sales.models import PriceBook, Product
from sales.queries.products import tax_choices


class PercentField(forms.DecimalField):
    """A share that people write in per cent: 13 is 0.13."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=100, decimal_places=2, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return f"{(value * 100).normalize():f}"
        return value

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return None if found is None else found / 100


class RateField(forms.TypedChoiceField):
    """One of the rates of tax that hold today."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=tax_choices, coerce=Decimal, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Trailing noughts of the database and of a choice never keep a rate from being recognised."""
        if value in (None, ""):
            return value
        try:
            wanted = Decimal(str(value))
        except ArithmeticError:
            return value
        return next((code for code, _label in self.choices if code and Decimal(code) == wanted), value)


class ProductForm(CrmModelForm):
    """The fields of a product."""

    tax_rate = RateField(label=_("Tax rate"))

    class Meta:
        model = Product
        fields = (
            "name", "code", "category", "unit", "list_price", "currency", "tax_rate", "is_active", "cost", "name_en",
            "description",
        )  # fmt: skip
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""


class PriceBookForm(CrmModelForm):
    """What a price book is for and when; its prices have a page of their own."""

    class Meta:
        model = PriceBook
        fields = (
            "name", "currency", "tax_included", "valid_from", "valid_until", "teams", "is_active", "is_default",
        )  # fmt: skip
        widgets = {
            "valid_from": forms.DateInput(attrs={"type": "date"}),
            "valid_until": forms.DateInput(attrs={"type": "date"}),
            "teams": forms.CheckboxSelectMultiple,
        }

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""


class PriceForm(CrmForm):
    """One product and what it costs by a price book; without a price it has none there."""

    product = forms.ModelChoiceField(queryset=Product.objects.all(), label=_("Product"))
    price = forms.DecimalField(label=_("Price"), required=False, min_value=0, max_digits=18, decimal_places=4)


class TaxRateForm(forms.Form):
    """A rate of tax and the days it holds on."""

    name = forms.CharField(label=_("Name"), max_length=100)
    name_en = forms.CharField(label=_("English name"), max_length=100, required=False)
    rate = PercentField(label=_("Rate in per cent"))
    valid_from = forms.DateField(
        label=_("Valid from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_until = forms.DateField(
        label=_("Valid until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    is_default = forms.BooleanField(label=_("Default"), required=False)
