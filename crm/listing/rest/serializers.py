"""Serializers whose related records can only be visible ones."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from crm.identity.access import narrow


class VisibleRelatedField(serializers.PrimaryKeyRelatedField):
    """A related record by id; a hidden one is refused in the very words of an absent one."""

    default_error_messages = {
        "does_not_exist": _("There is no such record."),
        "incorrect_type": _("Give the record's id."),
    }

    def get_queryset(self) -> QuerySet | None:
        rows = super().get_queryset()
        return None if rows is None else narrow(rows.all(), self.context["request"].user)

    def use_pk_only_optimization(self) -> bool:
        return True

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not str(data).isdecimal() or len(str(data)) > 18:
            self.fail("incorrect_type")
        return super().to_internal_value(data)


class RecordSerializer(serializers.ModelSerializer):
    """The base of every resource: relations narrowed to what the caller sees, version and times read-only."""

    serializer_related_field = VisibleRelatedField

    def get_extra_kwargs(self) -> dict[str, Any]:
        extra = super().get_extra_kwargs()
        for name in ("version", "created_at", "updated_at", "deleted_at"):
            extra.setdefault(name, {}).setdefault("read_only", True)
        return extra
