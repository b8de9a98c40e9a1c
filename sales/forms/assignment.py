"""Forms of the assignment of leads: rules, groups with their people, and a lead to try them out with."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import Source
from crm.identity.models import User
from crm.listing.forms import CrmForm, people
from crm.records.queries import industry_finder, region_finder
from sales.models import AssignmentGroup, AssignmentMember, AssignmentRule, Pool, Strategy
from sales.queries.assignment import places_text

BETWEEN = re.compile(r"[,，;；、\n]+")
SKILL = re.compile(r"^(?P<name>.*?\D)\s*(?P<level>[1-5])$")


def words_of(text: str) -> list[str]:
    """What stands between commas, each once."""
    return list(dict.fromkeys(word.strip() for word in BETWEEN.split(text) if word.strip()))


class PlacesField(forms.CharField):
    """Regions (and industries) by name or code, separated by commas; cleaned to their codes."""

    def __init__(self, *args: Any, industries: bool = True, regions: bool = True, **kwargs: Any) -> None:
        self.finders = [region_finder] * regions + [industry_finder] * industries
        kwargs.setdefault("max_length", 500)
        super().__init__(*args, required=False, **kwargs)

    def clean(self, value: Any) -> list[str]:
        codes, finders = [], [make() for make in self.finders]
        for word in words_of(super().clean(value) or ""):
            code = next((found for finder in finders if (found := finder.code(word))), "")
            if not code:
                raise ValidationError(gettext("There is no “%(value)s”.") % {"value": word})
            codes.append(code)
        return list(dict.fromkeys(codes))


class WordsField(forms.CharField):
    """Words separated by commas."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, required=False, max_length=500, **kwargs)

    def clean(self, value: Any) -> list[str]:
        found = words_of(super().clean(value) or "")
        if any(len(word) > 60 for word in found):
            raise ValidationError(gettext("A word has at most 60 characters."))
        return found


class SkillsField(forms.CharField):
    """Skills with their level, such as "english 3, cloud 2"; without a number the level is 1."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, required=False, max_length=500, **kwargs)

    def clean(self, value: Any) -> dict[str, int]:
        found = {}
        for word in words_of(super().clean(value) or ""):
            match = SKILL.match(word)
            found[(match["name"] if match else word).strip().casefold()] = int(match["level"]) if match else 1
        return found


def skills_text(skills: dict[str, int]) -> str:
    """Skills as a person writes them."""
    return ", ".join(f"{name} {level}" for name, level in skills.items())


class GroupForm(CrmForm):
    """A group: how it shares out, until when a lead has to be taken up, who gets what nobody takes."""

    name = forms.CharField(label=_("Name"), max_length=60)
    strategy = forms.ChoiceField(label=_("How leads are shared out"), choices=Strategy.choices)
    acceptance_hours = forms.DecimalField(
        label=_("To be taken up within working hours"),
        min_value=0.5,
        max_value=200,
        decimal_places=1,
        required=False,
        initial=2,
        help_text=_("Otherwise the next one gets it and the manager hears of it. Empty: no deadline."),
    )
    workdays_only = forms.BooleanField(
        label=_("Only within working hours"),
        required=False,
        help_text=_("Outside the company's working hours nobody of the group is free."),
    )
    fallback = forms.ModelChoiceField(
        label=_("When nobody is free"),
        queryset=User.objects.none(),
        required=False,
        help_text=_("Without a name the lead goes to the pool."),
    )
    pool = forms.ModelChoiceField(
        label=_("Pool"), queryset=Pool.objects.filter(takes_leads=True), required=False
    )

    def __init__(self, *args: Any, group: AssignmentGroup | None = None, **kwargs: Any) -> None:
        if group is not None:
            plain = ("name", "strategy", "acceptance_hours", "workdays_only")
            own = {name: getattr(group, name) for name in plain}
            kwargs["initial"] = own | {"fallback": group.fallback_id, "pool": group.pool_id}
        super().__init__(*args, **kwargs)
        self.fields["fallback"].queryset = people(self.user)


class MemberForm(CrmForm):
    """One person of a group."""

    person = forms.ModelChoiceField(
        label=pgettext_lazy("assignment", "Person"), queryset=User.objects.none(), required=False
    )
    weight = forms.IntegerField(label=_("Weight"), min_value=1, max_value=100, required=False, initial=1)
    cap = forms.IntegerField(label=_("Most open leads"), min_value=0, max_value=100_000, required=False)
    shift_from = forms.TimeField(label=_("From"), required=False, widget=forms.TimeInput({"type": "time"}))
    shift_to = forms.TimeField(label=_("To"), required=False, widget=forms.TimeInput({"type": "time"}))
    territories = PlacesField(label=_("Regions and industries"))
    skills = SkillsField(label=_("Skills"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people(self.user)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label


MemberFormSet = forms.formset_factory(MemberForm, extra=3, max_num=60, validate_max=True)


def member_rows(members: list[AssignmentMember]) -> list[dict[str, Any]]:
    """The people of a group as their form shows them."""
    return [
        {
            "person": one.user_id,
            "weight": one.weight,
            "cap": one.cap,
            "shift_from": one.shift_from,
            "shift_to": one.shift_to,
            "territories": places_text(one.territories),
            "skills": skills_text(one.skills),
        }
        for one in members
    ]


def chosen_members(formset: Any) -> list[dict[str, Any]]:
    """The people that were filled in, in their order; a row without a person is left out."""
    rows = []
    for form in formset:
        data = dict(form.cleaned_data)
        user = data.pop("person", None)
        if user is not None:
            rows.append({"user": user, **data, "weight": data.get("weight") or 1})
    return rows


class AssignmentRuleForm(CrmForm):
    """Which leads a rule is for, and which group gets them; what is left empty is not asked."""

    name = forms.CharField(label=_("Name"), max_length=60)
    group = forms.ModelChoiceField(label=_("Goes to"), queryset=AssignmentGroup.objects.all())
    sources = forms.MultipleChoiceField(
        label=_("Source"), choices=Source.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    regions = PlacesField(
        label=_("Region"), industries=False, help_text=_("Names or codes, separated by commas.")
    )
    industries = PlacesField(
        label=_("Industry"), regions=False, help_text=_("Names or codes, separated by commas.")
    )
    size_from = forms.IntegerField(label=_("Employees from"), min_value=0, required=False)
    size_to = forms.IntegerField(label=_("Employees to"), min_value=0, required=False)
    products = WordsField(label=_("Product"), help_text=_("Words sought in need, campaign and channel."))
    languages = forms.MultipleChoiceField(
        label=_("Language"),
        choices=[("zh", _("Chinese")), ("en", _("Other languages"))],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("By how the lead writes its name, company and need."),
    )
    skills = SkillsField(
        label=_("Skills needed"), help_text=_("With a level from 1 to 5, such as: english 3, cloud 2")
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, rule: AssignmentRule | None = None, **kwargs: Any) -> None:
        if rule is not None:
            plain = ("name", "sources", "size_from", "size_to", "languages", "is_active")
            kwargs["initial"] = {name: getattr(rule, name) for name in plain} | {
                "group": rule.group_id,
                "regions": places_text(rule.regions),
                "industries": places_text(rule.industries),
                "products": ", ".join(rule.products),
                "skills": skills_text(rule.skills),
            }
        super().__init__(*args, **kwargs)


class TryForm(CrmForm):
    """A lead as it might come in, to see who would get it."""

    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    source = forms.ChoiceField(label=_("Source"), choices=[("", "–"), *Source.choices], required=False)
    region = PlacesField(label=_("Region"), industries=False)
    industry = PlacesField(label=_("Industry"), regions=False)
    size = forms.IntegerField(label=_("Employees"), min_value=0, required=False)
    need = forms.CharField(label=_("Need"), max_length=500, required=False)
