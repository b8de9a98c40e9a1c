"""Forms of leads: they validate, services save."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import Normalised, offer_regions, plain_texts, show_phone
from accounts.models import Contact, Customer
from crm.identity.access import has_verb
from crm.identity.models import User
from crm.listing.forms import CrmForm, CrmModelForm, people
from crm.records.models.custom_field import PREFIX
from sales.models import DisqualifyReason, Lead


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
        may_hand_over = has_verb(self.user, "transfer", Lead)
        everyone = people(self.user)
        self.fields["owner"].queryset = everyone if may_hand_over else everyone.filter(pk=self.user.pk)
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
    """What a lead becomes: a new customer, or one that is there already."""

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
