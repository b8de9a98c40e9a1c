"""The company's name, tags, roles and days off."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.console.rights import VERBS, Kind
from crm.identity.models import Company, Role, Scope
from crm.records.models import CalendarDay, Tag


class CompanyForm(forms.ModelForm):
    """Names of the company, and what it asks of exports."""

    class Meta:
        model = Company
        fields = ["name", "short_name", "help_text", "asks_export_reason"]


class TagForm(forms.ModelForm):
    """One tag."""

    class Meta:
        model = Tag
        fields = ["name", "group", "colour", "expiry_date", "is_active"]
        widgets = {"expiry_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class DayForm(forms.Form):
    """One date that does not follow its weekday."""

    date = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    kind = forms.ChoiceField(label=_("Kind"), choices=CalendarDay.Kind.choices)
    name = forms.CharField(label=_("Name"), max_length=60, required=False)


class DaysFileForm(forms.Form):
    """A year of holidays as a file, or pasted as text."""

    file = forms.FileField(label=_("Excel or CSV file"), required=False)
    text = forms.CharField(
        label=_("or pasted from a table"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(
            attrs={"rows": 5, "placeholder": "from,to,kind,name\n2027-01-01,2027-01-03,holiday,元旦"}
        ),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("file") and not data.get("text", "").strip():
            raise forms.ValidationError(_("Choose a file or paste the days."))
        return data


class HoursForm(forms.Form):
    """Working hours per weekday; an empty one is not worked."""

    def __init__(self, *args: Any, names: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for weekday, name in names.items():
            self.fields[f"day{weekday}"] = forms.CharField(
                label=name,
                required=False,
                max_length=100,
                widget=forms.TextInput(attrs={"placeholder": _("not worked")}),
            )


class RoleForm(forms.ModelForm):
    """A role's names and what holds for all its rights."""

    class Meta:
        model = Role
        fields = [
            "name_zh",
            "name_en",
            "description_zh",
            "description_en",
            "export_cap",
            "needs_second_factor",
            "is_administrator",
        ]
        help_texts = {"export_cap": _("More rows need an approval, or the right to export without limit.")}


class NewRoleForm(forms.Form):
    """A new role, like another one to begin with."""

    name_zh = forms.CharField(label=_("Chinese name"), max_length=60)
    name_en = forms.CharField(label=_("English name"), max_length=60)
    slug = forms.SlugField(
        label=_("Code"), max_length=50, help_text=_("Small letters and _, for imports and the API.")
    )
    like = forms.ModelChoiceField(
        Role._base_manager.none(),
        label=_("Rights as"),
        required=False,
        empty_label=_("Only looking up colleagues"),
    )

    def __init__(self, *args: Any, roles: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["like"].queryset = roles


class PolicyForm(forms.Form):
    """What a role may do with one kind of record."""

    verbs = forms.MultipleChoiceField(
        label=pgettext_lazy("rights", "May"), required=False, widget=forms.CheckboxSelectMultiple
    )
    scope = forms.ChoiceField(label=_("Reaches"), choices=Scope.choices, required=False)

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, prefix=kind.label, **kwargs)
        self.kind = kind
        self.fields["verbs"].choices = [(verb, VERBS.get(verb, verb)) for verb in kind.verbs]
        if not kind.has_scope:
            del self.fields["scope"]
