"""Forms of payment plans and receipts: they validate, services save."""

import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.core.clock import company_today
from crm.listing.forms import CrmForm, CrmModelForm
from sales.models import PaymentMethod, PaymentPlan, Receipt
from sales.rules import payments

DATE = {"type": "date"}
MONEY = {"max_digits": 18, "decimal_places": 2}


class PlanForm(CrmForm):
    """One payment, or an amount in equal instalments."""

    amount = forms.DecimalField(label=_("Amount"), min_value=Decimal("0.01"), **MONEY)
    due_date = forms.DateField(label=_("Due on"), widget=forms.DateInput(attrs=DATE))
    parts = forms.IntegerField(
        label=_("Instalments"),
        min_value=1,
        max_value=60,
        initial=1,
        required=False,
        help_text=_("More than one: the amount in equal parts."),
    )
    months = forms.IntegerField(
        label=_("Months between them"), min_value=1, max_value=24, initial=1, required=False
    )
    note = forms.CharField(label=_("For what"), max_length=200, required=False)

    def instalments(self) -> list[tuple[datetime.date, Decimal, str]]:
        """What the service takes: day, amount and note of each."""
        data = self.cleaned_data
        rows = payments.split(
            data["amount"], data.get("parts") or 1, data["due_date"], data.get("months") or 1
        )
        return [(day, amount, data["note"]) for day, amount in rows]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        parts, amount = data.get("parts") or 1, data.get("amount")
        if amount is not None and amount < Decimal("0.01") * parts:
            self.add_error("parts", _("Too little for so many instalments."))
        return data


class InstalmentForm(CrmModelForm):
    """Day, amount and note of one instalment."""

    class Meta:
        model = PaymentPlan
        fields = ("due_date", "amount", "note")
        widgets = {"due_date": forms.DateInput(attrs=DATE)}

    def _post_clean(self) -> None:
        """The service checks the plan's rules, and keeps the instance as it is."""


class ReceiptForm(CrmForm):
    """What came in, when and how."""

    amount = forms.DecimalField(
        label=_("Amount"), help_text=_("A refund to the customer is negative."), **MONEY
    )
    received_date = forms.DateField(
        label=_("Received on"), widget=forms.DateInput(attrs=DATE), initial=company_today
    )
    method = forms.ChoiceField(label=_("Way of payment"), choices=PaymentMethod.choices)
    reference = forms.CharField(label=_("Bank reference"), max_length=100, required=False)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)


class ReceiptEditForm(CrmModelForm):
    """A receipt that is corrected before it is confirmed."""

    class Meta:
        model = Receipt
        fields = ("amount", "received_date", "method", "reference", "note")
        widgets = {"received_date": forms.DateInput(attrs=DATE)}

    def _post_clean(self) -> None:
        """The service checks the rules of receipts, and keeps the instance as it is."""
