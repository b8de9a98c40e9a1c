"""REST: reference data and tags in the bodies of records, by code or by name."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.identity import access
from crm.records.models import Tag


@extend_schema_field({"type": "string"})
class CodeField(serializers.Field):
    """Reference data by its code; a name is understood too."""

    def __init__(self, model: type[Any], finder: Any, **kwargs: Any) -> None:
        self.model, self.finder = model, finder
        super().__init__(**kwargs)

    def to_representation(self, value: Any) -> str:
        return value.pk

    def to_internal_value(self, data: Any) -> Any:
        is_text = isinstance(data, str | int) and not isinstance(data, bool)
        text = str(data).replace("\x00", "").strip()[:200] if is_text else ""
        rows = access.visible(self.model, self.context["request"].user)
        found = rows.filter(pk=text).first() if text else None
        if found is None and text and (code := self.finder().code(text)):
            found = rows.filter(pk=code).first()
        if found is None:
            raise unknown(text)
        return found


@extend_schema_field({"type": "array", "items": {"type": "integer"}})
class TagsField(serializers.Field):
    """A customer's tags by id; names of tags are understood too."""

    def to_representation(self, value: Any) -> list[int]:
        return [label["id"] for label in value]

    def to_internal_value(self, data: Any) -> list[Tag]:
        if not isinstance(data, list) or len(data) > 100:
            raise serializers.ValidationError(_("Give a list of tags."))
        rows = access.visible(Tag, self.context["request"].user)
        found = []
        for one in data:
            text = str(one)[:100].replace("\x00", "")
            by_id = isinstance(one, int) and not isinstance(one, bool) and 0 < one < 2**63
            tag = rows.filter(pk=one).first() if by_id else rows.filter(name__iexact=text).first()
            if tag is None:
                raise unknown(text)
            found.append(tag)
        return found


def unknown(text: str) -> serializers.ValidationError:
    return serializers.ValidationError(_("There is no “%(value)s”.") % {"value": text})
