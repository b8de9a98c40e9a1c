"""Forms of opportunities: they validate, services save."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer
from accounts.queries.activities import contacts_of
from crm.core.clock import company_today
from crm.identity.access import may
from crm.identity.models import User
from crm.listing.forms import CrmForm, CrmModelForm, possible_owners
from crm.records.models.custom_field import PREFIX
from crm.records.queries import currencies
from sales.models import CloseReason, Opportunity, Stage
from sales.queries.stages import open_stages, stages_for, stages_seen

DATE = forms.DateInput(attrs={"type": "date"})


class StageChoice(forms.ModelChoiceField):
    """A stage, named with its pipeline where there are several."""

    def label_from_instance(self, stage: Stage) -> str:
        many = len({one.pipeline_id for one in self.queryset}) > 1
        return f"{stage.pipeline} · {stage}" if many else str(stage)


class InCurrency:
    """The part that the forms with an amount share: currencies are those that have a rate."""

    fields: dict[str, forms.Field]

    def _offer_currencies(self, present: str) -> None:
        if "currency" in self.fields:
            known = list(dict.fromkeys([*currencies(), *filter(None, [present])]))
            label = self.fields["currency"].label
            self.fields["currency"] = forms.ChoiceField(label=label, choices=[(one, one) for one in known])


class OpportunityForm(InCurrency, CrmModelForm):
    """The fields of an opportunity that its people edit; stage and outcome have verbs of their own."""

    class Meta:
        model = Opportunity
        fields = (
            "name", "amount", "currency", "expected_close_date", "probability", "probability_reason",
            "forecast_category", "contact", "need", "source", "campaign", "competitor", "external_id",
        )  # fmt: skip
        widgets = {"expected_close_date": DATE, "need": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_currencies(self.instance.currency)
        if "contact" in self.fields:
            _offer_people(self.fields["contact"], self.instance.customer, self.user)

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""


class MoveForm(OpportunityForm):
    """To which stage a deal goes, with what the stages on the way ask for and is still blank."""

    stage = StageChoice(label=_("To stage"), queryset=Stage.objects.none())
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, asked: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].queryset = open_stages([self.instance.pipeline_id])
        for name in [*self.fields]:
            if name not in (*asked, "stage", "confirmed", "version"):
                del self.fields[name]
        for name in asked:
            if name in self.fields:
                self.fields[name].required = True

    def filled(self) -> dict[str, Any]:
        """What was filled in on the way."""
        found = self.values()
        return {name: value for name, value in found.items() if name not in ("stage", "confirmed")}


class NewOpportunityForm(InCurrency, CrmModelForm):
    """A new deal: with whom, what, how much and by when. The rest folds away."""

    OPTIONAL = ("stage", "contact", "need", "source", "campaign", "competitor", "owner", "external_id")

    stage = StageChoice(label=_("Stage"), queryset=Stage.objects.none(), required=False)
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none(), required=False)
    next_date = forms.DateField(label=_("Next step"), required=False)
    next_step = forms.CharField(label=_("What is to be done"), max_length=200, required=False)

    class Meta:
        model = Opportunity
        fields = (
            "customer", "name", "amount", "currency", "expected_close_date", "contact", "need", "source", "campaign",
            "competitor", "external_id",
        )  # fmt: skip
        widgets = {"expected_close_date": DATE, "need": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, customer: Customer | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_currencies("")
        if "amount" in self.fields:
            self.initial.pop("amount", None)
            self.fields["amount"].required, self.fields["amount"].initial = False, None
        self.fields["stage"].queryset = stages_for(self.user)
        self.fields["owner"].queryset = possible_owners(self.user, Opportunity)
        if "contact" in self.fields:
            if customer is None:
                del self.fields["contact"]
            else:
                _offer_people(self.fields["contact"], customer, self.user)

    def clean_customer(self) -> Customer:
        return _writable(self.cleaned_data["customer"], self.user)

    def clean_next_date(self) -> Any:
        day = self.cleaned_data["next_date"]
        if day and day < company_today():
            raise forms.ValidationError(_("This day lies in the past."))
        return day

    def opportunity_values(self) -> dict[str, Any]:
        """What the service takes, without what stays at its default."""
        own = {"customer", "next_date", "next_step"}
        return {n: v for n, v in self.values().items() if n not in own and v not in (None, "")}

    @property
    def optional(self) -> list[forms.BoundField]:
        """The fields in the fold, custom ones last."""
        own = [name for name in self.OPTIONAL if name in self.fields]
        custom = [self[name] for name in self.fields if name.startswith(PREFIX)]
        return [self[name] for name in own] + [one for one in custom if not one.field.required]

    @property
    def custom_required(self) -> list[forms.BoundField]:
        """Custom fields that have to be filled in at once."""
        return [self[n] for n in self.fields if n.startswith(PREFIX) and self.fields[n].required]

    def _post_clean(self) -> None:
        """The service checks the model's rules."""


class WinForm(CrmForm):
    """A deal is made: what won it, and when."""

    reason = forms.ChoiceField(
        label=_("What won it"), choices=[("", "–"), *CloseReason.choices], required=False
    )
    note = forms.CharField(label=_("In a few words"), max_length=200, required=False)
    closed_at = forms.DateField(label=_("On"), required=False, widget=DATE)


class LoseForm(CrmForm):
    """A deal is lost: why, to whom, and when."""

    reason = forms.ChoiceField(label=_("Why"), choices=[("", _("Choose…")), *CloseReason.choices])
    competitor = forms.CharField(label=_("Lost to"), max_length=100, required=False)
    note = forms.CharField(label=_("In a few words"), max_length=200, required=False)
    closed_at = forms.DateField(label=_("On"), required=False, widget=DATE)


class InvalidForm(CrmForm):
    """It never was a deal: why."""

    note = forms.CharField(label=_("Why"), max_length=200)


class NameCustomerForm(CrmForm):
    """Whose deals it turned out to be."""

    customer = forms.ModelChoiceField(label=_("Customer"), queryset=Customer.objects.all())

    def clean_customer(self) -> Customer:
        return _writable(self.cleaned_data["customer"], self.user)


class MoveManyForm(CrmForm):
    """To which stage many deals go at once."""

    stage = StageChoice(label=_("To stage"), queryset=Stage.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].queryset = stages_seen(self.user)


def _writable(customer: Customer, user: User) -> Customer:
    """A customer somebody may hang a deal on."""
    if not may(user, "change", customer):
        raise forms.ValidationError(_("You may only read this customer."))
    return customer


def _offer_people(field: forms.Field, customer: Customer, user: User) -> None:
    """Only the people of the customer the deal is made with, in a plain select: they are few."""
    field.widget = forms.Select()
    field.iterator = forms.models.ModelChoiceIterator
    field.queryset = contacts_of(customer, user)
