"""The form of a custom field: everything an administrator says about it, and its options as rows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from crm.core.money import BASE_CURRENCY
from crm.core.text import fold, tidy
from crm.identity.models import Role
from crm.records.models import CustomField, RecordSection, Tag
from crm.records.models.custom_field import CHOOSING, MASKABLE, SEARCHABLE, UNIQUE
from crm.records.queries.custom_fields import fields_of, linkable, spec_of
from crm.records.rules.custom_conditions import EMPTY, FILLED, IS, IS_NOT
from crm.records.rules.custom_values import BadValue, stored

Kind = CustomField.Kind
OPERATORS = [
    (IS, _("is one of")),
    (IS_NOT, _("is none of")),
    (FILLED, _("is filled in")),
    (EMPTY, _("is empty")),
]
BLANK_ROWS = 3
CONDITIONAL = (models.CharField, models.BooleanField, models.ForeignKey)


class FieldForm(forms.Form):
    """One custom field; what only some kinds have comes and goes with the kind."""

    label_zh = forms.CharField(label=_("Chinese name"), max_length=40, required=False)
    label_en = forms.CharField(label=_("English name"), max_length=40, required=False)
    kind = forms.ChoiceField(label=_("Kind of value"), choices=Kind.choices)
    key = forms.CharField(
        label=_("Key"),
        max_length=30,
        required=False,
        help_text=_("For imports and the API, made of the name when left empty. It never changes."),
    )
    target = forms.ChoiceField(label=_("Links to"), required=False)
    decimals = forms.IntegerField(
        label=_("Decimal places"), min_value=0, max_value=6, initial=2, required=False
    )
    currency = forms.CharField(label=_("Currency"), max_length=3, initial=BASE_CURRENCY, required=False)
    section = forms.ModelChoiceField(
        label=_("Section"),
        queryset=RecordSection.objects.none(),
        required=False,
        empty_label=_("Top of the page"),
    )
    required = forms.BooleanField(label=_("Must be filled in"), required=False)
    unique = forms.BooleanField(label=_("No two records may have the same value"), required=False)
    in_list = forms.BooleanField(label=_("Shown in lists from the start"), required=False)
    in_search = forms.BooleanField(label=_("Found by the search"), required=False)
    default = forms.CharField(
        label=_("Default"),
        max_length=200,
        required=False,
        help_text=_("What a new record starts with; of a choice the name of the option."),
    )
    help_zh = forms.CharField(label=_("Chinese help text"), max_length=200, required=False)
    help_en = forms.CharField(label=_("English help text"), max_length=200, required=False)
    visible_to = forms.MultipleChoiceField(
        label=_("Seen by the roles"),
        required=False,
        help_text=_("None ticked: by everybody who sees the record. Administrators always see it."),
        widget=forms.CheckboxSelectMultiple,
    )
    masked_for = forms.MultipleChoiceField(
        label=_("Seen in part by the roles"),
        required=False,
        help_text=_("138****1234; with the right to reveal, whole after giving a reason."),
        widget=forms.CheckboxSelectMultiple,
    )
    editable_by = forms.MultipleChoiceField(
        label=_("Edited by the roles"),
        required=False,
        help_text=_("None ticked: by everybody who may edit the record."),
        widget=forms.CheckboxSelectMultiple,
    )
    shown_field = forms.ChoiceField(label=_("Shown only when"), required=False)
    shown_operator = forms.ChoiceField(label=_("Condition"), choices=OPERATORS, required=False)
    shown_values = forms.CharField(label=_("Values, divided by commas"), max_length=300, required=False)
    required_field = forms.ChoiceField(label=_("Required when"), required=False)
    required_operator = forms.ChoiceField(label=_("Condition"), choices=OPERATORS, required=False)
    required_values = forms.CharField(label=_("Values, divided by commas"), max_length=300, required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    FIRST = ("label_zh", "label_en", "kind", "target", "decimals", "currency")
    USE = ("required", "unique", "in_list", "in_search")
    MORE = ("section", "default", "help_zh", "help_en", "key")
    ONLY = {
        "target": [Kind.RECORD],
        "decimals": [Kind.NUMBER],
        "currency": [Kind.MONEY],
        "unique": sorted(UNIQUE),
        "in_search": sorted(SEARCHABLE),
        "masked_for": sorted(MASKABLE),
    }

    def __init__(
        self,
        data: QueryDict | None,
        *,
        model: type[Any],
        sections: Any,
        roles: Any,
        field: CustomField | None = None,
    ) -> None:
        self.model, self.field = model, field
        super().__init__(data, initial=self._initial(sections))
        self.fields["section"].queryset = sections
        self.fields["target"].choices = [
            (m._meta.label_lower, capfirst(m._meta.verbose_name)) for m in linkable()
        ]
        named = [(role.slug, str(role)) for role in roles if not role.is_administrator]
        for name in ("visible_to", "masked_for", "editable_by"):
            self.fields[name].choices = named
        sources = [("", _("always")), *self._sources()]
        self.fields["shown_field"].choices = sources
        self.fields["required_field"].choices = [("", "–"), *sources[1:]]
        if field is not None:
            for name in ("kind", "key", "target"):
                del self.fields[name]
        self._mark()

    def part(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    @property
    def first(self) -> list[forms.BoundField]:
        return self.part(*self.FIRST)

    @property
    def use(self) -> list[forms.BoundField]:
        return self.part(*self.USE)

    @property
    def more(self) -> list[forms.BoundField]:
        return self.part(*self.MORE)

    @property
    def roles(self) -> list[forms.BoundField]:
        return self.part("visible_to", "masked_for", "editable_by")

    @property
    def conditions(self) -> list[forms.BoundField]:
        names = [
            f"{what}_{part}" for what in ("shown", "required") for part in ("field", "operator", "values")
        ]
        return self.part(*names)

    @property
    def has_options(self) -> bool:
        """Whether options may be asked for: always while the kind is still open."""
        return self.field is None or self.field.kind in CHOOSING

    @property
    def option_rows(self) -> list[dict[str, Any]]:
        """The options as rows to fill in, with some empty ones."""
        rows = self.options() if self.is_bound else list(self.field.options) if self.field else []
        return [*rows, *({} for _row in range(BLANK_ROWS))]

    def options(self) -> list[dict[str, Any]]:
        """The rows as they were sent; empty ones are left out."""
        sent = [self.data.getlist(f"option_{name}") for name in ("key", "zh", "en", "colour", "state")]
        rows = []
        for key, zh, en, colour, state in zip(*sent, strict=False):
            if zh.strip() or en.strip() or key:
                row = {"key": key, "label_zh": zh, "label_en": en, "colour": colour or str(Tag.Colour.GREY)}
                rows.append(row | ({"retired": True} if state == "retired" else {}))
        return rows

    def values(self) -> dict[str, Any]:
        """What the services take."""
        found = {name: self.cleaned_data[name] for name in self.fields if "_" not in name or name in PLAIN}
        for name in ("section", "version"):
            found.pop(name, None)
        kind = found.get("kind") or (self.field.kind if self.field else "")
        for name, kinds in self.ONLY.items():
            if name in found and kind not in kinds and name != "target":
                found[name] = type(found[name])() if isinstance(found[name], bool) else _DEFAULTS[name]
        for name in ("decimals", "currency"):
            if found.get(name, 0) in (None, ""):
                found[name] = _DEFAULTS[name]
        found["options"] = self.options() if kind in CHOOSING else []
        found["default"] = found["default"] or None
        for what in ("shown", "required"):
            found[f"{what}_when"] = self._condition(what)
        return found

    def _condition(self, what: str) -> dict[str, Any] | None:
        name = self.cleaned_data[f"{what}_field"]
        if not name:
            return None
        operator = self.cleaned_data[f"{what}_operator"] or IS
        values = (
            [] if operator in (FILLED, EMPTY) else [self._value(name, word) for word in self._words(what)]
        )
        return {"field": name, "operator": operator, "values": values}

    def _check_conditions(self, data: Mapping[str, Any]) -> None:
        """A value that the other field cannot have would hide the new one for ever: it is refused at its place."""
        for what in ("shown", "required"):
            name = data.get(f"{what}_field")
            if not name or data.get(f"{what}_operator") in (FILLED, EMPTY):
                continue
            for word in self._words(what):
                try:
                    self._value(name, word)
                except BadValue as error:
                    self.add_error(f"{what}_values", self._refusal(name, str(error)))

    def _words(self, what: str) -> list[str]:
        given = self.cleaned_data.get(f"{what}_values", "")
        return [word for word in re.split("[,，、]", given) if word.strip()]

    def _custom(self, name: str) -> CustomField | None:
        return next((one for one in fields_of(self.model).values() if one.name == name), None)

    def _value(self, name: str, word: str) -> str:
        """What somebody typed as the key a condition compares; raises BadValue for what the field cannot hold."""
        word = tidy(word)
        if (one := self._custom(name)) is not None:
            kept = stored(spec_of(one), [word] if one.kind == Kind.MULTI_CHOICE else word)
            kept = kept[0] if isinstance(kept, list) else kept
            return str(kept).lower() if isinstance(kept, bool) else str(kept)
        choices = self._choices(name)
        for value, label in choices:
            if fold(word) in (fold(value), fold(label)):
                return value
        if choices:
            raise BadValue(gettext("There is no option “%(value)s”.") % {"value": word[:60]})
        return word

    def _choices(self, name: str) -> list[tuple[str, str]]:
        """What a field can be, as key and label; nothing where it takes anything."""
        if (one := self._custom(name)) is not None:
            if one.kind in CHOOSING:
                return [(key, one.option_label(key)) for key in one.option_map]
            yes_or_no = one.kind == Kind.BOOLEAN
        else:
            found = self.model._meta.get_field(name)
            yes_or_no = isinstance(found, models.BooleanField)
            if found.flatchoices:
                return [(str(value), str(label)) for value, label in found.flatchoices if value != ""]
        return [("true", gettext("Yes")), ("false", gettext("No"))] if yes_or_no else []

    def _refusal(self, name: str, why: str) -> str:
        """Why a value cannot be, and which can."""
        labels = pgettext("between the items of a list", ", ").join(
            label for _key, label in self._choices(name)
        )
        return gettext("%(why)s Possible: %(options)s") % {"why": why, "options": labels} if labels else why

    def _sources(self) -> list[tuple[str, Any]]:
        """Fields a condition can look at: the record's own choices and texts, and its other custom fields."""
        own = [
            (f.name, capfirst(f.verbose_name))
            for f in self.model._meta.concrete_fields
            if isinstance(f, CONDITIONAL) and f.editable and (f.choices or isinstance(f, models.BooleanField))
        ]
        others = [
            (f.name, f.label)
            for f in fields_of(self.model).values()
            if self.field is None or f.key != self.field.key
        ]
        return [*own, *others]

    def _initial(self, sections: Any) -> dict[str, Any]:
        if self.field is None:
            return {}
        one = self.field
        found = {
            name: getattr(one, name)
            for name in (*PLAIN, "required", "unique", "decimals", "currency", "version")
        }
        found["section"] = next((s.pk for s in sections if one.name in s.fields), None)
        found["default"] = self._shown_default(one)
        for what in ("shown", "required"):
            condition = getattr(one, f"{what}_when") or {}
            found |= {
                f"{what}_field": condition.get("field", ""),
                f"{what}_operator": condition.get("operator", IS),
                f"{what}_values": ", ".join(
                    dict(self._choices(condition["field"])).get(value, value) if condition else value
                    for value in condition.get("values", ())
                ),
            }
        return found

    @staticmethod
    def _shown_default(one: CustomField) -> str:
        if one.default is None:
            return ""
        if isinstance(one.default, list):
            return ", ".join(one.option_label(key) for key in one.default)
        return (
            one.option_label(one.default)
            if one.kind == Kind.CHOICE
            else str(one.default).lower()
            if isinstance(one.default, bool)
            else str(one.default)
        )

    def _mark(self) -> None:
        """Inputs of certain kinds come and go with the kind that is chosen; the condition's details with its field."""
        for name, kinds in self.ONLY.items():
            if name not in self.fields:
                continue
            if self.field is None:
                self.fields[name].widget.attrs["data-shown-when"] = _when("kind", kinds)
            elif self.field.kind not in kinds:
                del self.fields[name]
        for what in ("shown", "required"):
            for part in ("operator", "values"):
                self.fields[f"{what}_{part}"].widget.attrs["data-shown-when"] = json.dumps(
                    {"field": f"{what}_field", "operator": FILLED, "values": []}
                )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("label_zh") and not data.get("label_en") and "label_zh" not in self.errors:
            self.add_error("label_zh", _("Give the field a name."))
        self._check_conditions(data)
        return data


PLAIN = (
    "label_zh",
    "label_en",
    "help_zh",
    "help_en",
    "in_list",
    "in_search",
    "visible_to",
    "masked_for",
    "editable_by",
)
_DEFAULTS: Mapping[str, Any] = {
    "decimals": 2,
    "currency": BASE_CURRENCY,
    "unique": False,
    "in_search": False,
    "masked_for": [],
}


def _when(field: str, values: Any) -> str:
    return json.dumps({"field": field, "operator": IS, "values": [str(value) for value in values]})


OPTIONS_SHOWN_WHEN = _when("kind", sorted(CHOOSING))


class SectionForm(forms.Form):
    """The heading of a section."""

    label_zh = forms.CharField(label=_("Chinese name"), max_length=40, required=False)
    label_en = forms.CharField(label=_("English name"), max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("label_zh") and not data.get("label_en"):
            self.add_error("label_zh", _("Give the section a name."))
        return data


__all__ = ["OPTIONS_SHOWN_WHEN", "FieldForm", "Role", "SectionForm"]
