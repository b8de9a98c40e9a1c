"""Flows of approvals as administrators write them: conditions, steps with bands of amounts, and a trial."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from crm.approvals.models import ApprovalFlow, Mode
from crm.approvals.registry import CHOICE, MONEY, NUMBER, PERCENT, Approvable
from crm.approvals.rules import conditions as rules
from crm.approvals.services.flows import HIGHEST, MOST_CONDITIONS, MOST_STEPS, OPS_OF, measures_of
from crm.core.amounts import AmountError, parse_amount
from crm.identity.models import Role
from crm.listing.forms import CrmForm, RemoteSelectMultiple, options_url, people

OPS = {
    rules.FROM: pgettext_lazy("condition", "from"),
    rules.OVER: _("more than"),
    rules.BELOW: pgettext_lazy("condition", "below"),
    rules.UP_TO: _("up to"),
    rules.EQUALS: pgettext_lazy("condition", "is"),
    rules.OTHER: pgettext_lazy("condition", "is not"),
    rules.HAS: _("contains"),
}
LEVELS_OFFERED = 3


def measure_labels(kind: Approvable) -> dict[str, str]:
    """What conditions can ask of a kind, by name."""
    labels = {one.name: str(one.label) for one in kind.measures}
    return {name: labels.get(name, gettext("Amount")) for name in measures_of(kind)}


class AmountField(forms.CharField):
    """An amount as people type it, 10万 as well."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=40, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return parse_amount(text) if text else None
        except AmountError as error:
            raise ValidationError(error.message) from error


class FlowForm(CrmForm):
    """A flow's name and whether it is in use."""

    name = forms.CharField(label=_("Name"), max_length=80)
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    copies = forms.MultipleChoiceField(
        label=_("Keep informed of the outcome"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, kind: Approvable, flow: ApprovalFlow | None, roles: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["copies"].choices = places(kind, roles)
        if flow is not None:
            self.initial |= {"name": str(flow), "is_active": flow.is_active}
            self.initial["copies"] = [place for one in flow.copies if (place := place_of(one))]


class ConditionForm(forms.Form):
    """One condition: what, how compared, with what."""

    field = forms.ChoiceField(label=pgettext_lazy("condition", "What"), required=False)
    op = forms.ChoiceField(label=_("Compared"), required=False, choices=[*OPS.items()])
    value = forms.CharField(label=_("With"), required=False, max_length=100)

    def __init__(self, *args: Any, kind: Approvable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = measures_of(kind)
        self.fields["field"].choices = [("", _("No condition")), *measure_labels(kind).items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        of = self.kinds.get(data.get("field", ""))
        if of is None:
            return data
        if data.get("op") not in OPS_OF.get(of, rules.OF_TEXTS):
            self.add_error("op", gettext("This cannot be compared so."))
        if of == MONEY and data.get("value"):
            try:
                data["value"] = str(parse_amount(data["value"]))
            except AmountError as error:
                self.add_error("value", error.message)
        elif of in (NUMBER, PERCENT):
            data["value"] = data.get("value", "").rstrip("%％ ")
        return data


class StepForm(forms.Form):
    """One step: whom it asks, how many of them have to agree, for which amounts."""

    name = forms.CharField(label=_("Name of the step"), required=False, max_length=60)
    mode = forms.ChoiceField(label=_("Who has to agree"), choices=Mode.choices)
    places = forms.MultipleChoiceField(label=_("Asks"), required=False, widget=forms.CheckboxSelectMultiple)
    people = forms.ModelMultipleChoiceField(label=_("Or these people"), required=False, queryset=None)
    amount_from = AmountField(label=_("From an amount of"))
    amount_below = AmountField(label=_("Below an amount of"))

    def __init__(self, *args: Any, kind: Approvable, user: Any, roles: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["places"].choices = places(kind, roles)
        rows = people(user)
        self.fields["people"].queryset = rows
        if url := options_url(rows.model):
            self.fields["people"].widget = RemoteSelectMultiple(url)
            chosen = (
                self.data.getlist(self.add_prefix("people"))
                if self.is_bound
                else self.initial.get("people", [])
            )
            wanted = [int(one) for one in chosen if str(one).isdecimal() and len(str(one)) < 16]
            self.fields["people"].widget.choices = [(one.pk, str(one)) for one in rows.filter(pk__in=wanted)]

    @property
    def approvers(self) -> list[dict[str, Any]]:
        """Whom the step asks, as the service takes it."""
        found = [plain_place(place) for place in self.cleaned_data.get("places", [])]
        return found + [{"who": "user", "user": one.pk} for one in self.cleaned_data.get("people", [])]

    @property
    def is_blank(self) -> bool:
        """Whether nothing was filled in."""
        return not self.approvers and not self.cleaned_data.get("name")


class Rows(BaseFormSet):
    """Rows of a form, in the order their numbers say."""

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        if "ORDER" in form.fields:
            form.fields["ORDER"].widget.attrs["class"] = "input input-small"

    def kept(self) -> list[Any]:
        """The rows that stay, ordered."""
        forms_ = [one for one in self.forms if one not in self.deleted_forms]
        return sorted(forms_, key=lambda one: one.cleaned_data.get("ORDER") or len(forms_) + 1)


CONDITIONS = formset_factory(
    ConditionForm, formset=Rows, extra=1, max_num=MOST_CONDITIONS, absolute_max=MOST_CONDITIONS + 2
)
STEPS = formset_factory(
    StepForm,
    formset=Rows,
    extra=1,
    max_num=MOST_STEPS,
    absolute_max=MOST_STEPS + 2,
    can_order=True,
    can_delete=True,
)


def places(kind: Approvable, roles: Sequence[Role]) -> list[tuple[str, str]]:
    """Whom a step can ask by place: superiors, what the record names, roles."""
    found = [("superior:1", gettext("Superior"))]
    found += [
        (f"superior:{n}", gettext("Superior, level %(n)s") % {"n": n})
        for n in range(2, min(LEVELS_OFFERED, HIGHEST) + 1)
    ]
    found += [(f"field:{one.name}", str(one.label)) for one in kind.people]
    return found + [(f"role:{role.slug}", str(role)) for role in roles if not role.is_administrator]


def place_of(approver: Mapping[str, Any]) -> str:
    """A place as the form names it; empty for a person."""
    match approver.get("who"):
        case "superior":
            return f"superior:{approver.get('level', 1)}"
        case "role":
            return f"role:{approver['role']}"
        case "field":
            return f"field:{approver['field']}"
    return ""


def plain_place(place: str) -> dict[str, Any]:
    """A place as a flow keeps it."""
    who, _colon, value = place.partition(":")
    return {
        "superior": lambda: {"who": "superior", "level": int(value)},
        "role": lambda: {"who": "role", "role": value},
        "field": lambda: {"who": "field", "field": value},
    }[who]()


class TrialForm(CrmForm):
    """What somebody would submit: by whom, its amount, and what else the flows of its kind ask for."""

    submitter = forms.ModelChoiceField(label=_("Submitted by"), queryset=None)

    def __init__(self, *args: Any, kind: Approvable, asked: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submitter"].queryset = people(self.user)
        wanted = {"amount", *asked}
        self.kinds = {name: of for name, of in measures_of(kind).items() if name in wanted}
        choices = {one.name: one.choices for one in kind.measures if one.kind == CHOICE and one.choices}
        for name, label in measure_labels(kind).items():
            field: forms.Field
            if name not in self.kinds:
                continue
            if name in choices:
                field = forms.ChoiceField(label=label, required=False, choices=[("", "–"), *choices[name]()])
            elif self.kinds[name] == MONEY:
                field = AmountField(label=label)
            else:
                field = forms.CharField(label=label, required=False, max_length=100)
            self.fields[f"m_{name}"] = field

    @property
    def facts(self) -> dict[str, Any]:
        """The measures as a submission would have them."""
        found = {name: self.cleaned_data.get(f"m_{name}") for name in self.kinds}
        for name, value in found.items():
            if isinstance(value, str) and self.kinds[name] in (NUMBER, PERCENT):
                found[name] = value.rstrip("%％ ")
        return {name: None if value in (None, "") else str(value) for name, value in found.items()}
