"""The `custom` object of API resources: values by key, decimals as text, ids as numbers, unknown keys refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.identity.access import narrow
from crm.identity.models.field_right import FieldLevel
from crm.records.field_access import custom_level, editable, readable
from crm.records.models.custom_field import LINKING, CustomField
from crm.records.queries.custom_fields import fields_of, spec_of, target_of
from crm.records.rules.custom_values import BadValue, stored


@extend_schema_field({"type": "object", "additionalProperties": True})
class CustomObject(serializers.Field):
    """A record's custom values; a change names only the keys it changes, null takes a value away."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    @property
    def model(self) -> Any:
        return self.parent.Meta.model

    def to_representation(self, value: Mapping[str, Any] | None) -> dict[str, Any]:
        held, user = value or {}, self.context["request"].user
        return {key: held.get(key) for key in self._readable(user)}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError(_("Give an object of values by key."))
        user = self.context["request"].user
        fields, open_to = fields_of(self.model, user), editable(user, self.model)
        errors: dict[str, list[str]] = {}
        found: dict[str, Any] = {}
        for key, value in data.items():
            one = fields.get(str(key))
            if one is None or custom_level(user, one) == FieldLevel.HIDDEN:
                errors[str(key)[:60]] = [_("There is no such field.")]
            elif one.key not in open_to:
                errors[one.key] = [_("You may not change this field.")]
            else:
                try:
                    found[one.key] = self._value(one, value, user)
                except BadValue as error:
                    errors[one.key] = [str(error)]
        if errors:
            raise serializers.ValidationError(errors)
        return found

    def _value(self, one: CustomField, value: Any, user: Any) -> Any:
        kept = stored(spec_of(one), value)
        if (
            kept is not None and one.kind in LINKING
        ):  # what is hidden is refused in the words of what is absent
            present = (getattr(self.parent.instance, "custom", None) or {}).get(one.key)
            rows = narrow(target_of(one)._default_manager.all(), user)
            if kept != present and not rows.filter(pk=kept).exists():
                raise BadValue(_("There is no such record."))
        return kept

    def _readable(self, user: Any) -> Mapping[str, CustomField]:
        """The fields the caller reads, found out once for all records of a response."""
        memory = self.context.setdefault("_custom_readable", {})
        if self.model not in memory:
            memory[self.model] = readable(user, self.model)
        return memory[self.model]
