"""REST of custom fields and of the sections of record pages, for administrators."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.console.listings import CUSTOM_FIELDS, RECORD_SECTIONS
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from crm.records.models import CustomField, RecordSection
from crm.records.queries.custom_fields import carrier, sections_of
from crm.records.services import custom_fields as services


class OptionSerializer(serializers.Serializer):
    """One option of a choice; without a key it gets one from its name."""

    key = serializers.CharField(max_length=40, required=False, allow_blank=True)
    label_zh = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    label_en = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    colour = serializers.CharField(max_length=8, required=False, default="grey")
    retired = serializers.BooleanField(required=False, default=False)


class ConditionSerializer(serializers.Serializer):
    """A condition over another field: `is`, `is_not` (one of the values), `filled`, `empty`."""

    field = serializers.CharField(max_length=60)
    operator = serializers.ChoiceField(choices=["is", "is_not", "filled", "empty"])
    values = serializers.ListField(child=serializers.CharField(max_length=100), required=False, default=list)


class CustomFieldSerializer(RecordSerializer):
    """The definition of a custom field."""

    label = serializers.CharField(read_only=True)
    options = OptionSerializer(many=True, required=False)
    shown_when = ConditionSerializer(required=False, allow_null=True)
    required_when = ConditionSerializer(required=False, allow_null=True)
    section = VisibleRelatedField(
        queryset=RecordSection.objects.all(), required=False, allow_null=True, write_only=True
    )
    key = serializers.CharField(max_length=30, required=False)

    class Meta:
        model = CustomField
        fields = [
            "id",
            "model",
            "key",
            "kind",
            "label",
            "label_zh",
            "label_en",
            "help_zh",
            "help_en",
            "section",
            "required",
            "unique",
            "in_list",
            "in_search",
            "default",
            "options",
            "decimals",
            "currency",
            "target",
            "shown_when",
            "required_when",
            "visible_to",
            "masked_for",
            "editable_by",
            "archived_at",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["archived_at"]
        fixed = ("model", "key", "kind", "target")

    def get_validators(self) -> list[Any]:
        return []  # the service says which key is taken

    def to_representation(self, instance: CustomField) -> dict[str, Any]:
        data = super().to_representation(instance)
        kind = carrier(instance.model)
        places = (
            [s.pk for s in sections_of(kind, self.context["request"].user) if instance.name in s.fields]
            if kind
            else []
        )
        return data | {"section": places[0] if places else None}


class CustomFieldViewSet(Creates, Updates, Deletes, RecordViewSet):
    """Custom fields: kinds of value, options, conditions and rights. Deleting archives, the values are kept."""

    listing = CUSTOM_FIELDS
    serializer_class = CustomFieldSerializer

    def create_record(self, values: dict[str, Any]) -> CustomField:
        return services.create_field(actor=self.actor, **values)

    def update_record(self, record: CustomField, values: dict[str, Any], expected: int | None) -> CustomField:
        return services.update_field(record, actor=self.actor, expected=expected, **values)

    def delete_record(self, record: CustomField, expected: int | None) -> None:
        services.archive_field(record, actor=self.actor, expected=expected)

    @extend_schema(request=None, responses=CustomFieldSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Bring an archived field back with its values."""
        return self.answer(self.reread(services.restore_field(self.record("change"), actor=self.actor)))


class RecordSectionSerializer(RecordSerializer):
    """A section of a record's page and the fields in it."""

    label = serializers.CharField(read_only=True)

    class Meta:
        model = RecordSection
        fields = ["id", "model", "label", "label_zh", "label_en", "position", "fields", "version"]
        read_only_fields = ["position", "fields"]
        fixed = ("model",)


class RecordSectionViewSet(Creates, Updates, RecordViewSet):
    """The sections of record pages."""

    listing = RECORD_SECTIONS
    serializer_class = RecordSectionSerializer

    def create_record(self, values: dict[str, Any]) -> RecordSection:
        return services.create_section(actor=self.actor, **values)

    def update_record(
        self, record: RecordSection, values: dict[str, Any], expected: int | None
    ) -> RecordSection:
        labels = {name: values.get(name, getattr(record, name)) for name in ("label_zh", "label_en")}
        return services.update_section(record, actor=self.actor, expected=expected, **labels)


ROUTES = [("custom-fields", CustomFieldViewSet), ("record-sections", RecordSectionViewSet)]
