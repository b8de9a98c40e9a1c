"""Forms of invoices: they validate, services save."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.core.clock import company_today
from crm.core.formats import percent
from crm.listing.forms import CrmForm, CrmModelForm
from sales.forms.payments import DATE, MONEY
from sales.models import Invoice, InvoiceKind


class ApplyForm(CrmForm):
    """What the invoice is to say, and how much of the contract at each rate of tax it is over."""

    kind = forms.ChoiceField(label=_("Kind"), choices=InvoiceKind.choices, initial=InvoiceKind.DIGITAL)
    title = forms.CharField(label=_("Invoice title"), max_length=200)
    tax_number = forms.CharField(label=_("Tax number"), max_length=30, required=False)
    bank = forms.CharField(label=_("Bank and account"), max_length=200, required=False)
    address = forms.CharField(label=_("Address and phone"), max_length=200, required=False)
    content = forms.CharField(label=_("Invoice content"), max_length=200, required=False)
    send_to = forms.CharField(
        label=_("Send to"), max_length=200, required=False, help_text=_("An e-mail address, or whom by post.")
    )
    note = forms.CharField(label=_("Note for finance"), max_length=300, required=False)

    def __init__(self, *args: Any, left: Mapping[Decimal, Decimal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = left
        amounts: dict[str, forms.Field] = {}
        for rate, part in left.items():
            label = _("Amount at %(rate)s") % {"rate": percent(rate, 2)} if len(left) > 1 else _("Amount")
            amounts[_name(rate)] = forms.DecimalField(
                label=label, min_value=Decimal(0), required=len(left) == 1, initial=part, **MONEY
            )
        self.fields = {"kind": self.fields.pop("kind"), **amounts, **self.fields}

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        texts = {name: self.cleaned_data[name] for name in self.base_fields}
        amounts = {rate: self.cleaned_data.get(_name(rate)) or Decimal(0) for rate in self.left}
        return {**texts, "amounts": amounts}


def _name(rate: Decimal) -> str:
    return f"amount_{int(rate * 10_000)}"


class InvoiceForm(CrmModelForm):
    """What an invoice is to say."""

    class Meta:
        model = Invoice
        fields = ("kind", "title", "tax_number", "bank", "address", "content", "send_to", "note")

    def _post_clean(self) -> None:
        """The service checks the rules of invoices, and keeps the instance as it is."""


class IssueForm(CrmForm):
    """The tax office's number, and the day."""

    number = forms.CharField(label=_("Invoice number"), max_length=40)
    issued_date = forms.DateField(
        label=_("Issued on"), widget=forms.DateInput(attrs=DATE), initial=company_today
    )


class ReverseForm(IssueForm):
    """The number of the negative invoice, over how much, and why."""

    amount = forms.DecimalField(label=_("Amount"), min_value=Decimal("0.01"), **MONEY)
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class DeliverForm(CrmForm):
    """The day the customer got it."""

    delivered_date = forms.DateField(
        label=_("Delivered on"), widget=forms.DateInput(attrs=DATE), initial=company_today
    )
