"""One custom field of many records set at once: the bulk verb of every list whose records carry custom fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.events.actor import Actor
from crm.listing.bulk import Bulk
from crm.listing.custom.forms import make_input
from crm.listing.forms import CrmForm, note_chosen
from crm.records.field_access import editable
from crm.records.models.custom_field import CustomField, CustomFields
from crm.records.queries.custom_fields import spec_of
from crm.records.rules.custom_values import BadValue, stored

if TYPE_CHECKING:
    from crm.identity.models import User


def settable(user: User, model: type[CustomFields]) -> dict[str, CustomField]:
    """The fields somebody may give many records the same value of, by their names in forms."""
    return {one.name: one for one in editable(user, model).values() if not one.unique}


class SetFieldForm(CrmForm):
    """Which field, and its new value; an empty one clears it."""

    model: type[CustomFields]
    field = forms.ChoiceField(label=_("Field"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = settable(self.user, self.model)
        choice = self.fields["field"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", _("Choose…")), *((name, one.label) for name, one in self.known.items())]
        for name, one in self.known.items():
            made = make_input(one, self.user)
            made.label, made.help_text = one.label, _("Left empty, what stands there is taken away.")
            made.required = False
            made.widget.attrs["data-shown-when"] = json.dumps(
                {"field": "field", "operator": "is", "values": [name]}
            )
            self.fields[name] = made
        self._narrow(None)
        note_chosen(self)

    def clean(self) -> dict[str, Any]:
        """The one field with its value as it is kept; the inputs of the others say nothing."""
        super().clean()
        name = self.cleaned_data.get("field", "")
        for other in set(self.known) - {name}:
            self.errors.pop(other, None)
        if name in self.known and name not in self.errors:
            one = self.known[name]
            try:
                value = stored(spec_of(one), self.cleaned_data.get(name))
            except BadValue as error:
                self.add_error(name, str(error))
            else:
                return {"custom": {one.key: value}}
        return {}


def SetField(model: type[CustomFields], update: Callable[..., Any]) -> Bulk:  # noqa: N802 - reads as a declaration
    """Set a custom field; `update(record, custom=…, actor=…)` changes one record and says what speaks against it."""
    form = type("SetFieldForm", (SetFieldForm,), {"model": model})
    return Bulk(
        "set-field", form, update, label=_("Set a field"), remember=_remember, undo=partial(_return, update),
        offered=lambda user: bool(settable(user, model)),
    )  # fmt: skip


def _remember(records: Sequence[Any]) -> dict[str, Any]:
    return {str(record.pk): record.custom for record in records}


def _return(
    update: Callable[..., Any], records: Sequence[Any], before: Mapping[str, Any], *, actor: Actor
) -> None:
    """Give the records back the values they had."""
    for record in records:
        was = before[str(record.pk)]
        changed = {key for key in was.keys() | record.custom.keys() if was.get(key) != record.custom.get(key)}
        if changed:
            update(record, custom={key: was.get(key) for key in changed}, actor=actor)
