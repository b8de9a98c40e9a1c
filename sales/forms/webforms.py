"""The public form as visitors fill it in, and the one by which administrators set it up."""

from typing import Any

from django import forms
from django.core.validators import validate_slug
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.models.choices import Source
from accounts.services.cleaning import cleaned
from crm.core.writes import RuleBroken
from crm.identity.access import visible
from crm.identity.models import Team, User
from crm.listing.custom.forms import make_input
from crm.listing.forms import CrmForm, people
from crm.records.models.custom_field import PREFIX
from crm.records.queries.custom_fields import spec_of
from crm.records.rules.custom_values import BadValue, stored
from sales.models import Lead, WebForm
from sales.queries.webforms import WAYS, custom_of, public_fields, widest

TRAP = "address2"  # people do not see it; robots fill it in
AUTOCOMPLETE = {
    "name": "name",
    "phone": "tel",
    "email": "email",
    "company": "organization",
    "title": "organization-title",
    "website": "url",
}


class PublicForm(forms.Form):
    """What a visitor fills in: the chosen fields, the consent, and a field only robots see."""

    def __init__(self, *args: Any, form: WebForm, consent: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form, self.consent, self.asked_custom = form, consent, {}
        for asked in form.fields:
            made = self._make(asked["name"])
            if made is not None:
                made.required = asked["required"]
                self.fields[asked["name"]] = made
        if consent is not None:
            self.fields["consent"] = forms.BooleanField(label=consent.text)
        self.fields[TRAP] = forms.CharField(required=False)

    def _make(self, name: str) -> forms.Field | None:
        if name.startswith(PREFIX):
            one = custom_of(name)
            if one is None:
                return None
            made = make_input(one, None)  # type: ignore[arg-type]
            made.label, made.help_text = one.label, one.help
            self.asked_custom[name] = one
            return made
        model_field = Lead._meta.get_field(name)
        label = pgettext("person", "Name") if name == "name" else capfirst(str(model_field.verbose_name))
        if name in ("industry", "region"):
            return forms.ModelChoiceField(widest(name), label=label, empty_label=_("Choose…"))
        made = model_field.formfield()
        made.label = label
        made.widget.attrs["autocomplete"] = AUTOCOMPLETE.get(name, "off")
        if name == "phone":
            made.widget.input_type = "tel"
        if name in ("email", "website"):
            made.widget.input_type = "text"  # our own words say what is wrong
        if name == "need":
            made.widget = forms.Textarea(attrs={"rows": 4})
        if name == "expected_at":
            made.widget = forms.DateInput(attrs={"type": "date"})
        return made

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, value in list(data.items()):
            if value in (None, "", []):
                continue
            try:
                if name in self.asked_custom:
                    data[name] = stored(spec_of(self.asked_custom[name]), value)
                elif name in ("phone", "email", "website"):
                    data[name] = cleaned(Lead, {name: value})[name]
            except (BadValue, RuleBroken) as error:
                self.add_error(name, str(error))
        asked = [way for way in WAYS if way in self.fields]
        if not self.errors and not any(data.get(way) for way in asked):
            self.add_error(asked[0], _("Give at least one way to reach you."))
        return data

    @property
    def is_trapped(self) -> bool:
        """Whether a robot filled in what people do not see."""
        return bool(self.data.get(TRAP))

    @property
    def asked(self) -> list[forms.BoundField]:
        """The fields people see, the consent apart."""
        return [self[name] for name in self.fields if name not in (TRAP, "consent")]

    def values(self) -> dict[str, Any]:
        """What the service takes of the lead's own fields."""
        own = {n: v for n, v in self.cleaned_data.items() if n not in (TRAP, "consent", *self.asked_custom)}
        return {name: value for name, value in own.items() if value not in (None, "")}

    def custom(self) -> dict[str, Any]:
        """What the service takes of custom fields."""
        found = {name.removeprefix(PREFIX): self.cleaned_data.get(name) for name in self.asked_custom}
        return {key: value for key, value in found.items() if value not in (None, "", [])}


class WebFormForm(CrmForm):
    """How an administrator sets a public form up."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    slug = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=40,
        validators=[validate_slug],
        help_text=gettext_lazy("Letters, digits and hyphens; the form stands at /f/ and this word."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("Open to the public"), required=False, initial=True)
    title_zh = forms.CharField(label=gettext_lazy("Chinese title"), max_length=100, required=False)
    title_en = forms.CharField(label=gettext_lazy("English title"), max_length=100, required=False)
    intro_zh = forms.CharField(
        label=gettext_lazy("Chinese introduction"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )  # fmt: skip
    intro_en = forms.CharField(
        label=gettext_lazy("English introduction"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )  # fmt: skip
    button_zh = forms.CharField(label=gettext_lazy("Chinese button"), max_length=20, required=False)
    button_en = forms.CharField(label=gettext_lazy("English button"), max_length=20, required=False)
    thanks_zh = forms.CharField(
        label=gettext_lazy("Chinese thanks"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )  # fmt: skip
    thanks_en = forms.CharField(
        label=gettext_lazy("English thanks"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )  # fmt: skip
    redirect_url = forms.CharField(
        label=gettext_lazy("Address of your own page of thanks"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Empty: the thanks above are shown."),
    )
    consent_zh = forms.CharField(
        label=gettext_lazy("Chinese consent text"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("People tick it themselves; every wording keeps its number and date."),
    )
    consent_en = forms.CharField(
        label=gettext_lazy("English consent text"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )  # fmt: skip
    source = forms.ChoiceField(label=gettext_lazy("Source"), choices=Source.choices, initial=Source.WEB_FORM)
    campaign = forms.CharField(
        label=gettext_lazy("Campaign"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("utm_campaign in the address counts more."),
    )
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Owner of new leads"),
        queryset=User.objects.none(),
        required=False,
        help_text=gettext_lazy("Empty: the assignment rules decide."),
    )
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team of new leads"), queryset=Team.objects.none(), required=False
    )
    embed_origins = forms.CharField(
        label=gettext_lazy("Sites that may embed it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "https://www.example.com"}),
        help_text=gettext_lazy("One a line. No other site can show the form inside its pages."),
    )

    def __init__(self, *args: Any, web_form: WebForm | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people(self.user)
        self.fields["team"].queryset = visible(Team, self.user).filter(is_active=True)
        held = (
            {one["name"]: one["required"] for one in web_form.fields}
            if web_form
            else {"name": True, "phone": True}
        )
        self.choices_of_fields = []
        for name, label in public_fields():
            for part, text in (("ask", _("Ask for %(field)s")), ("must", _("%(field)s is required"))):
                self.fields[f"{part}:{name}"] = forms.BooleanField(
                    label=text % {"field": label},
                    required=False,
                    initial=name in held if part == "ask" else held.get(name, False),
                )
            self.choices_of_fields.append((name, capfirst(label), self[f"ask:{name}"], self[f"must:{name}"]))

    def add_rule(self, error: RuleBroken) -> None:
        """Show a broken rule at its field, or above the form."""
        self.add_error(error.field if error.field in self.fields else None, str(error))

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The inputs in parts: what it is, its words, its consent, what becomes of leads, where it may stand."""
        parts = [
            (_("The form"), ("name", "slug", "is_active")),
            (_("Words"), ("title_zh", "title_en", "intro_zh", "intro_en", "button_zh", "button_en")),
            (_("Thanks"), ("thanks_zh", "thanks_en", "redirect_url")),
            (_("Consent"), ("consent_zh", "consent_en")),
            (_("New leads"), ("source", "campaign", "owner", "team")),
            (_("In other sites"), ("embed_origins",)),
        ]
        return [(title, [self[name] for name in names]) for title, names in parts]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        found = {name: value for name, value in data.items() if ":" not in name}
        found["embed_origins"] = data["embed_origins"].split()
        found["fields"] = [
            {"name": name, "required": data[f"must:{name}"]}
            for name, _label, _ask, _must in self.choices_of_fields
            if data[f"ask:{name}"]
        ]
        return found
