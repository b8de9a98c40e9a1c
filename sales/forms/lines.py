"""The lines of quotes, orders and opportunities as people write them; what is empty is left out."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.core.amounts import AmountError, parse_amount
from crm.identity.models import User
from crm.listing.forms import CrmForm, offer_alike
from sales.forms.products import PercentField, RateField
from sales.models import Product
from sales.queries.products import tax_choices
from sales.services.lines import MOST_LINES, Draft

MADE_FOR = "made_for"


class AmountField(forms.CharField):
    """A price as people type it: 1,200 or 4.8万."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal"}), max_length=40, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_amount(text)
        except AmountError as error:
            raise forms.ValidationError(error.message) from error


def plain(value: Decimal) -> str:
    """A number without the noughts at its end: 1200, 12.5."""
    return f"{value.normalize():f}"


class LineForm(CrmForm):
    """One line. `made_for` is the product whose price stands there, so that another product brings its own."""

    product = forms.ModelChoiceField(
        queryset=Product.objects.filter(is_active=True), label=_("Product"), required=False
    )
    name = forms.CharField(label=_("What it is"), max_length=200, required=False)
    description = forms.CharField(label=_("Description"), max_length=500, required=False)
    unit = forms.CharField(label=_("Unit"), max_length=20, required=False)
    quantity = AmountField(label=_("Quantity"), required=False)
    price = AmountField(label=_("Unit price"), required=False)
    discount = PercentField(label=_("Discount %"), required=False)
    tax_rate = RateField(label=_("Tax rate"), required=False)
    made_for = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)
    DELETE = forms.BooleanField(label=_("Delete"), required=False)

    def __init__(self, *args: Any, rates: list[tuple[str, str]], **kwargs: Any) -> None:
        self.rates = rates
        super().__init__(*args, **kwargs)

    def _narrow(self, instance: Any) -> None:
        """The rates of tax are read once for all lines."""
        self.fields["tax_rate"].choices = self.rates  # type: ignore[attr-defined]
        super()._narrow(instance)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is said: such lines are left out."""
        found = self.cleaned_data
        return not found.get("product") and not found.get("name") and found.get("price") is None

    def draft(self) -> Draft:
        """The line for the service; a product chosen just now brings its own name, price and tax."""
        found = self.cleaned_data
        product = found.get("product")
        fresh = product is not None and found.get(MADE_FOR, "") != str(product.pk)
        return Draft(
            product=product,
            name="" if fresh else found.get("name") or "",
            description=found.get("description") or "",
            unit="" if fresh else found.get("unit") or "",
            quantity=Decimal(1) if found.get("quantity") is None else found["quantity"],
            price=None if fresh else found.get("price"),
            discount=found.get("discount") or Decimal(0),
            tax_rate=None if fresh else found.get("tax_rate") or None,
        )


class LineFormSet(forms.BaseFormSet):
    """All lines of one record."""

    def drafts(self) -> list[Draft]:
        """Those that say something and are not taken away, in order."""
        return [
            form.draft() for form in self.forms if not form.cleaned_data.get("DELETE") and not form.is_blank
        ]


_Lines = forms.formset_factory(
    LineForm, formset=LineFormSet, extra=0, max_num=MOST_LINES, absolute_max=MOST_LINES, validate_max=True
)


def lines_form(data: Mapping[str, Any] | None, user: User, initial: list[dict[str, Any]]) -> Any:
    """The lines as forms: those sent, or those given."""
    kwargs = {"user": user, "rates": tax_choices()}
    made = _Lines(data, form_kwargs=kwargs, initial=initial, prefix="lines")
    offer_alike([form.fields["product"] for form in made.forms])
    return made


def initial_of(line: Any) -> dict[str, Any]:
    """A line of a record or a reckoned one (a mapping) as its form shows it."""
    read = line.get if isinstance(line, Mapping) else lambda name: getattr(line, name)
    product = read("product")
    return {
        "product": product,
        "name": read("name"),
        "description": read("description"),
        "unit": read("unit"),
        "quantity": read("quantity"),
        "price": read("price"),
        "discount": read("discount") or None,
        "tax_rate": read("tax_rate"),
        MADE_FOR: str(product.pk) if product else "",
    }
