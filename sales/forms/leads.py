"""Forms of leads: they validate, services save."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.forms import Normalised, offer_regions, plain_texts, show_phone
from accounts.models import Contact, Customer
from crm.core.writes import RuleBroken
from crm.identity.access import has_verb
from crm.identity.models import User
from crm.listing.forms import CrmForm, CrmModelForm, possible_owners
from crm.records.models.custom_field import PREFIX
from sales.models import DisqualifyReason, Lead, Opportunity
from sales.queries.conversion import Target, lead_fields, mapping, target_fields
from sales.rules.conversion import fits


class LeadForm(Normalised, CrmModelForm):
    """The fields of a lead that its people edit."""

    class Meta:
        model = Lead
        fields = (
            "name", "company", "phone", "email", "wechat", "title", "industry", "region", "size", "website", "source",
            "channel", "campaign", "need", "budget", "decides", "expected_at", "external_id",
        )  # fmt: skip
        widgets = {
            "expected_at": forms.DateInput(attrs={"type": "date"}),
            "need": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.source:
            self.fields.pop("source", None)  # where somebody first came from does not change
        if "name" in self.fields:
            self.fields["name"].label = pgettext_lazy("person", "Name")
        show_phone(self)
        offer_regions(self)
        plain_texts(self)

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._clean_normalised(Lead)
        return self.cleaned_data

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""


class NewLeadForm(LeadForm):
    """A new lead: a name and one way to reach them; the rest folds away."""

    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none(), required=False)

    OPTIONAL = (
        "email", "wechat", "title", "industry", "region", "size", "website", "source", "channel", "campaign", "need",
        "budget", "decides", "expected_at", "external_id", "owner",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = possible_owners(self.user, Lead)
        self.initial.setdefault("owner", self.user.pk)

    @property
    def first(self) -> list[forms.BoundField]:
        """What is asked at once: who it is, and what an administrator insists on."""
        return [one for one in self.visible_fields() if one.name not in self._folded]

    @property
    def optional(self) -> list[forms.BoundField]:
        """What can wait, in the fold."""
        return [one for one in self.visible_fields() if one.name in self._folded]

    @property
    def _folded(self) -> set[str]:
        custom = {
            name for name, field in self.fields.items() if name.startswith(PREFIX) and not field.required
        }
        return {*self.OPTIONAL, *custom}


class DisqualifyForm(CrmForm):
    """Why a lead leads nowhere."""

    reason = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose…")), *DisqualifyReason.choices])
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class ConvertForm(CrmForm):
    """What a lead becomes: a new customer, or one that is there already; a contact; and perhaps a deal."""

    customer = forms.ModelChoiceField(
        label=_("Existing customer"),
        queryset=Customer.objects.all(),
        required=False,
        help_text=_("Leave empty to make a new one of the lead's company."),
    )
    contact = forms.ModelChoiceField(
        label=_("Existing contact"),
        queryset=Contact.objects.all(),
        required=False,
        help_text=_("Leave empty to find or add the person."),
    )
    deal = forms.BooleanField(label=_("Open an opportunity as well"), required=False)
    deal_name = forms.CharField(label=_("Name of the opportunity"), max_length=200, required=False)
    amount = forms.DecimalField(
        label=_("Amount"), max_digits=16, decimal_places=2, min_value=0, required=False
    )
    expected_close_date = forms.DateField(
        label=_("Expected to close"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    DEAL = ("deal", "deal_name", "amount", "expected_close_date")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_verb(self.user, "add", Opportunity):
            for name in self.DEAL:
                del self.fields[name]

    @property
    def whom(self) -> list[forms.BoundField]:
        """The fields that say which customer and contact."""
        return [self[name] for name in ("customer", "contact")]

    @property
    def about_deal(self) -> list[forms.BoundField]:
        """The fields of the deal, where one may open any."""
        return [self[name] for name in self.DEAL[1:] if name in self.fields]

    def values(self) -> dict[str, Any]:
        """What the service takes; of the deal only what was filled in."""
        data = self.cleaned_data
        found = {"customer": data["customer"], "contact": data["contact"], "opportunity": None}
        if data.get("deal"):
            typed = {"name": data["deal_name"], "amount": data["amount"]}
            typed["expected_close_date"] = data["expected_close_date"]
            found["opportunity"] = {name: value for name, value in typed.items() if value not in (None, "")}
        return found


class ConversionFieldsForm(forms.Form):
    """Where each field of a lead goes when it is converted: one choice per field and kind of record."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = {(row.target, row.source): row.field for row in mapping()}
        self.rows = []
        offered = {target: target_fields(target) for target in Target.values}
        for source in lead_fields():
            cells = []
            for target, fields in offered.items():
                name = f"{target}:{source.name}"
                fitting = [(one.name, one.label) for one in fields if fits(source.kind, one.kind)]
                label = f"{source.label} → {Target(target).label}"
                self.fields[name] = forms.ChoiceField(
                    label=label,
                    choices=[("", "–"), *fitting],
                    required=False,
                    initial=now.get((target, source.name), ""),
                    widget=forms.Select(attrs={"aria-label": label, "class": "select input-small"}),
                )
                cells.append(self[name] if fitting else None)
            self.rows.append((source, cells))

    def add_rule(self, error: RuleBroken) -> None:
        """Show a broken rule at the choice it is about."""
        self.add_error(error.field if error.field in self.fields else None, str(error))

    def chosen(self) -> dict[tuple[str, str], str]:
        """What the service takes: {(field of the lead, target): field there}."""
        found = {}
        for name, value in self.cleaned_data.items():
            target, _colon, source = name.partition(":")
            if value:
                found[source, target] = value
        return found
