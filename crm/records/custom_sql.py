"""A custom value as SQL: one spelling for the query and the index, or the planner would not know the two are the same."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db.models import BooleanField, DecimalField, F, Field, Func, IntegerField, TextField

from crm.records.models.custom_field import CustomField

Kind = CustomField.Kind
NUMBERS = {Kind.NUMBER, Kind.MONEY}


class Stored(Func):
    """The value of a custom field in the form it sorts and compares by; keys are plain words, so they stand in the SQL."""


def sort_kind(one: CustomField) -> str:
    """The form a field's values sort in: `number`, `rank` (the place of an option), `words` (as they are read) or `text`."""
    if one.kind in NUMBERS:
        return "number"
    if one.kind == Kind.TEXT:
        return "words"
    return "rank" if one.kind == Kind.CHOICE else "text"


def options_of(one: CustomField) -> list[str]:
    """The options in the order they sort by."""
    return list(one.option_map) if one.kind == Kind.CHOICE else []


def sort_value(one: CustomField) -> Stored:
    """What a list sorts by; the very expression that `custom_field_index` makes indexes on."""
    text = f"(%(expressions)s ->> '{one.key}')"
    output: Field = TextField()
    match sort_kind(one):
        case "number":
            text, output = f"({text}::numeric)", DecimalField()
        case "words":
            text = f"custom_reading({text})"
        case "rank":
            keys = ",".join(f"'{key}'" for key in options_of(one))
            text, output = f"array_position(ARRAY[{keys}]::text[], {text})", IntegerField()
    return Stored(F("custom"), template=text, output_field=output)


def text_value(one: CustomField) -> Stored:
    """The value as text, whatever its kind."""
    return Stored(F("custom"), template=f"(%(expressions)s ->> '{one.key}')", output_field=TextField())


def is_present(one: CustomField) -> Stored:
    """Whether there is a value at all."""
    return Stored(
        F("custom"), template=f"jsonb_exists(%(expressions)s, '{one.key}')", output_field=BooleanField()
    )


def custom_index(model_name: str) -> GinIndex:
    """The index over all custom values that a carrier declares in its Meta: it finds equal values of any field."""
    return GinIndex(fields=["custom"], opclasses=["jsonb_path_ops"], name=f"{model_name}_custom")
