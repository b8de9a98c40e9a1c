"""Forms of orders and contracts: they validate, services save."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Contact, Customer
from crm.core.clock import company_today
from crm.listing.forms import CrmForm, CrmModelForm
from sales.forms.quotes import DATE, OfCustomer
from sales.models import CloseReason, Opportunity, Order, OrderKind


class NewOrderForm(OfCustomer, CrmForm):
    """With whom, what kind, from when to when."""

    customer = forms.ModelChoiceField(queryset=Customer.objects.all(), label=_("Customer"))
    kind = forms.ChoiceField(label=_("Kind"), choices=OrderKind.choices, initial=OrderKind.CONTRACT)
    name = forms.CharField(label=_("Subject"), max_length=200, required=False)
    number = forms.CharField(
        label=pgettext_lazy("order", "Number"),
        max_length=60,
        required=False,
        help_text=_("Empty: the next one by the company's rule."),
    )
    opportunity = forms.ModelChoiceField(
        queryset=Opportunity.objects.exclude(status="lost"), label=_("Opportunity"), required=False
    )
    contact = forms.ModelChoiceField(queryset=Contact.objects.all(), label=_("Signed for by"), required=False)
    start_date = forms.DateField(label=_("Begins"), required=False, widget=forms.DateInput(attrs=DATE))
    end_date = forms.DateField(label=_("Ends"), required=False, widget=forms.DateInput(attrs=DATE))

    def __init__(self, *args: Any, customer: Customer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.narrow_to(customer)

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        found = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        found.pop("customer")
        if found.get("opportunity"):
            found.setdefault("currency", found["opportunity"].currency)
        return found


class OrderForm(OfCustomer, CrmModelForm):
    """The fields of an order that its people edit."""

    class Meta:
        model = Order
        fields = (
            "name", "contact", "opportunity", "signed_date", "start_date", "end_date", "currency", "tax_included",
            "payment_terms", "delivery_terms", "note", "external_id",
        )  # fmt: skip
        widgets = {
            "signed_date": forms.DateInput(attrs=DATE),
            "start_date": forms.DateInput(attrs=DATE),
            "end_date": forms.DateInput(attrs=DATE),
            "note": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.narrow_to(self.instance.customer)

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""


class SignForm(CrmForm):
    """When it was signed, and what won the deal."""

    signed_date = forms.DateField(
        label=_("Signed on"), widget=forms.DateInput(attrs=DATE), initial=company_today
    )
    reason = forms.ChoiceField(
        label=_("What won the deal"), choices=[("", "–"), *CloseReason.choices], required=False
    )


class ReasonForm(CrmForm):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class TerminateForm(ReasonForm):
    """Why, and on which day."""

    day = forms.DateField(
        label=_("Last day"), widget=forms.DateInput(attrs=DATE), initial=company_today, required=False
    )
