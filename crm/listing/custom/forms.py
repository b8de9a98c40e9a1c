"""Inputs of custom fields in the form of a record: only those the person may edit, with what makes them come and go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _

from crm.core.phone import format_phone
from crm.identity.models import User
from crm.listing.custom.columns import python_of
from crm.records.field_access import editable
from crm.records.models.custom_field import LINKING, PREFIX, CustomField, CustomFields
from crm.records.queries.custom_fields import arranged, linked, spec_of, target_of
from crm.records.rules.custom_conditions import Condition, is_required, is_shown
from crm.records.rules.custom_values import LONGEST, BadValue, stored
from crm.records.services.custom_values import condition_values

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = CustomField.Kind


class CustomInputs:
    """The part of a record's form that custom fields need; `CrmModelForm` uses it."""

    fields: dict[str, forms.Field]
    custom_fields: Mapping[str, CustomField]
    user: User
    instance: Any
    initial: dict[str, Any]
    cleaned_data: dict[str, Any]

    def add_custom_fields(self) -> None:
        """Add an input for each field the person may edit, in the order of the record's sections."""
        model = type(self.instance)
        self.custom_fields = editable(self.user, model) if issubclass(model, CustomFields) else {}
        if not self.custom_fields:
            return
        values = self.instance.custom or {}
        for key, one in list(self.custom_fields.items()):
            present = values.get(key)
            if one.kind in LINKING and present and not linked(one, [present], self.user):
                continue  # it links to what they may not see: that stays as it is
            made = _MAKERS[Kind(one.kind)](one, self.user, present)
            made.label, made.help_text = one.label, one.help
            made.required = one.required and not one.shown_when
            made.widget.is_required = made.required
            _mark(made, one)
            self.fields[one.name] = made
            if present is None and self.instance.pk is None:
                present = one.default
            if present is not None:
                self.initial.setdefault(one.name, initial_of(one, present))
        self._leave_out()
        moved = [n for n in self.fields if n in model.page_fields or n.startswith(PREFIX)]
        order = [name for _section, names in arranged(model, moved, self.user) for name in names]
        fixed = [name for name in self.fields if name not in moved]  # the name stays where it is: first
        self.order_fields([*fixed, *order])  # type: ignore[attr-defined]

    def _leave_out(self) -> None:
        """Fields whose condition looks at something this form does not hold are there or not from the start."""
        if not self.custom_fields:  # a kind of record that cannot have any has no values either
            return
        values = condition_values(self.instance, self.instance.custom or {})
        for one in self.custom_fields.values():
            condition = Condition.of(one.shown_when)
            settled = condition is not None and condition.field not in self.fields
            if settled and one.name in self.fields and not condition.holds(values):
                del self.fields[one.name]

    def clean_custom_fields(self) -> None:
        """Bring what was typed into the form it is kept in, and ask for what is required under the present values."""
        fields = {key: one for key, one in self.custom_fields.items() if one.name in self.fields}
        if not fields:  # some kinds of record have none at all
            return
        for one in fields.values():
            if one.name in self.cleaned_data:
                try:
                    self.cleaned_data[one.name] = stored(spec_of(one), self.cleaned_data[one.name])
                except BadValue as error:
                    self.add_error(one.name, str(error))  # type: ignore[attr-defined]
        values = self._values_now()
        for one in fields.values():
            if not is_shown(one.shown_when, values):  # what is not shown stays as it is
                self.cleaned_data.pop(one.name, None)
                self._errors.pop(one.name, None)  # type: ignore[attr-defined]
                continue
            missing = self.cleaned_data.get(one.name) is None and one.name not in self._errors  # type: ignore[attr-defined]
            if missing and is_required(one.required, one.shown_when, one.required_when, values):
                self.add_error(one.name, _("This field is required."))  # type: ignore[attr-defined]

    def _values_now(self) -> dict[str, Any]:
        return condition_values(self.instance, self.instance.custom or {}) | self.cleaned_data


def make_input(one: CustomField, user: User) -> forms.Field:
    """The input of a field on its own, with nothing in it yet."""
    return _MAKERS[Kind(one.kind)](one, user, None)


def initial_of(one: CustomField, value: Any) -> Any:
    """A kept value as its input shows it."""
    if one.kind == Kind.PHONE:
        return format_phone(value)
    if one.kind == Kind.BOOLEAN:
        return "true" if value else "false"
    return value if one.kind in (Kind.NUMBER, Kind.MONEY) else python_of(one, value)


def _mark(made: forms.Field, one: CustomField) -> None:
    """Tell the browser when the input is there and when it must be filled in; the server decides again."""
    for attribute, condition in (
        ("data-shown-when", one.shown_when),
        ("data-required-when", one.required_when),
    ):
        if condition:
            made.widget.attrs[attribute] = json.dumps(condition, ensure_ascii=False)


def _text(one: CustomField, _user: User, _present: Any) -> forms.Field:
    return forms.CharField(
        max_length=LONGEST.get(one.kind, 300), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


def _long_text(one: CustomField, _user: User, _present: Any) -> forms.Field:
    return forms.CharField(max_length=LONGEST["long_text"], widget=forms.Textarea(attrs={"rows": 3}))


def _phone(one: CustomField, _user: User, _present: Any) -> forms.Field:
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    widget.input_type = "tel"
    return forms.CharField(max_length=60, widget=widget)


def _number(one: CustomField, _user: User, _present: Any) -> forms.Field:
    places = 2 if one.kind == Kind.MONEY else one.decimals
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    found = forms.CharField(max_length=40, widget=widget)
    if one.kind == Kind.MONEY:
        widget.attrs["data-currency"] = one.currency
    widget.attrs["data-decimals"] = places
    return found


def _date(one: CustomField, _user: User, _present: Any) -> forms.Field:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def _time(one: CustomField, _user: User, _present: Any) -> forms.Field:
    return forms.TimeField(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


def _moment(one: CustomField, _user: User, _present: Any) -> forms.Field:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(widget=widget)


def _choice(one: CustomField, _user: User, present: Any) -> forms.Field:
    return forms.ChoiceField(choices=[("", "–"), *_offered(one, {present})])


def _choices(one: CustomField, _user: User, present: Any) -> forms.Field:
    return forms.MultipleChoiceField(
        choices=_offered(one, set(present or ())), widget=forms.CheckboxSelectMultiple
    )


def _offered(one: CustomField, present: set[Any]) -> list[tuple[str, str]]:
    """What one can choose, and what stands there though it is no longer offered."""
    kept = [(key, one.option_label(key)) for key in one.option_map if key in present]
    offered = one.offered
    return offered + [pair for pair in kept if pair not in offered]


def _boolean(one: CustomField, _user: User, _present: Any) -> forms.Field:
    return forms.ChoiceField(choices=[("", "–"), ("true", _("Yes")), ("false", _("No"))])


# The form narrows every choice of people and records to what its person sees; a public form has none.


def _user(one: CustomField, _user: User, present: Any) -> forms.Field:
    offered = models.Q(is_active=True) | models.Q(pk=present)
    return forms.ModelChoiceField(queryset=User._default_manager.filter(offered), empty_label="–")


def _record(one: CustomField, _user: User, _present: Any) -> forms.Field:
    return forms.ModelChoiceField(queryset=target_of(one)._default_manager.all(), empty_label="–")


_MAKERS: Mapping[str, Callable[[CustomField, User, Any], forms.Field]] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _long_text,
    Kind.LINK: _text,
    Kind.EMAIL: _text,
    Kind.PHONE: _phone,
    Kind.NUMBER: _number,
    Kind.MONEY: _number,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.DATETIME: _moment,
    Kind.CHOICE: _choice,
    Kind.MULTI_CHOICE: _choices,
    Kind.BOOLEAN: _boolean,
    Kind.USER: _user,
    Kind.RECORD: _record,
}
