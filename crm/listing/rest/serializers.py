"""Serializers whose related records can only be visible ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from crm.identity import fields
from crm.identity.access import narrow
from crm.identity.models import FieldLevel, User


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
    """The base of every resource: relations narrowed to what the caller sees, version and times read-only.

    What `Meta.fixed` names is said when a record is made: sent again it is understood, changed it is refused.
    """

    serializer_related_field = VisibleRelatedField

    def get_fields(self) -> dict[str, serializers.Field]:
        """The fields the caller may see; those they may not edit are only read."""
        found = super().get_fields()
        user = self._user
        if user is None:
            return found
        for name, reach in fields.levels(user, self.Meta.model).items():
            if name not in found:
                continue
            if reach == FieldLevel.HIDDEN:
                del found[name]
            elif reach != FieldLevel.EDIT:
                found[name].read_only = True
                found[name].required = False
        return found

    def to_internal_value(self, data: Any) -> Any:
        if self._user is not None and isinstance(data, Mapping):
            held = fields.levels(self._user, self.Meta.model)
            closed = [name for name in data if held.get(name, FieldLevel.EDIT) != FieldLevel.EDIT]
            if closed:
                raise serializers.ValidationError({n: [_("You may not change this field.")] for n in closed})
        values = super().to_internal_value(data)
        if self.instance is not None:
            names = [name for name in getattr(self.Meta, "fixed", ()) if name in values]
            moved = [name for name in names if values.pop(name) != getattr(self.instance, name)]
            if moved:
                raise serializers.ValidationError({name: [_("This never changes.")] for name in moved})
        return values

    def to_representation(self, instance: Any) -> Any:
        if self._user is not None:
            fields.shield(self._user, [instance])
        return super().to_representation(instance)

    @property
    def _user(self) -> User | None:
        user = getattr(self.context.get("request"), "user", None)
        return user if isinstance(user, User) else None

    def get_extra_kwargs(self) -> dict[str, Any]:
        extra = super().get_extra_kwargs()
        for name in ("version", "created_at", "updated_at", "deleted_at"):
            extra.setdefault(name, {}).setdefault("read_only", True)
        return extra
