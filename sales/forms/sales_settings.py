"""Forms of what administrators set for quotes and contracts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sales.models import Letterhead, NumberRule


class NumberForm(forms.Form):
    """How one kind of paper is numbered."""

    pattern = forms.CharField(
        label=_("Pattern"),
        max_length=60,
        help_text=_("{YYYY} {YY} {MM} {DD} are the date, {0000} counts."),
    )
    restart = forms.ChoiceField(label=_("Begins again"), choices=NumberRule.Restart.choices)
    gapless = forms.BooleanField(
        label=_("Without gaps"),
        required=False,
        help_text=_("What has a number is voided, never deleted."),
    )
    next_value = forms.IntegerField(
        label=_("Next counter"),
        required=False,
        min_value=1,
        help_text=_("Only to go on where another book stopped."),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class LetterheadForm(forms.ModelForm):
    """What stands on the company's papers; the service saves."""

    logo = forms.FileField(label=_("Logo"), required=False, help_text=_("PNG or JPEG, at most 1 MB."))
    seal = forms.FileField(
        label=_("Seal"), required=False, help_text=_("PNG with a transparent ground, at most 1 MB.")
    )
    no_logo = forms.BooleanField(label=_("Take the logo away"), required=False)
    no_seal = forms.BooleanField(label=_("Take the seal away"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Letterhead
        fields = (
            "legal_name", "legal_name_en", "address", "phone", "email", "website", "tax_number", "bank", "bank_account",
            "quote_terms", "contract_terms", "consent_text",
        )  # fmt: skip
        widgets = {
            "quote_terms": forms.Textarea(attrs={"rows": 4}),
            "contract_terms": forms.Textarea(attrs={"rows": 10}),
            "consent_text": forms.Textarea(attrs={"rows": 2}),
        }

    field_order = (
        "legal_name", "legal_name_en", "address", "phone", "email", "website", "tax_number", "bank", "bank_account",
        "logo", "no_logo", "seal", "no_seal", "quote_terms", "contract_terms", "consent_text", "version",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", self.instance.version)
        for name in ("logo", "seal"):
            if not getattr(self.instance, name):
                del self.fields[f"no_{name}"]

    def _post_clean(self) -> None:
        """The service checks the model's rules, and keeps the instance as it is."""

    def values(self) -> dict[str, Any]:
        """What the service takes: a picture, `False` to take one away."""
        found = dict(self.cleaned_data)
        found.pop("version", None)
        for name in ("logo", "seal"):
            if found.pop(f"no_{name}", False) and not found.get(name):
                found[name] = False
        return found
