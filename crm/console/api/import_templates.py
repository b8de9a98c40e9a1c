"""REST of import templates: mappings kept under a name."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.identity.access import get_visible_or_404
from crm.listing.importing import templates
from crm.listing.rest.viewsets import ApiViewSet
from crm.records.models import ImportJob, ImportTemplate


class ImportTemplateSerializer(serializers.ModelSerializer):
    """A mapping under a name; `mapping` is {header: field}, `is_own` says whether one may delete it."""

    mapping = serializers.DictField(child=serializers.CharField())
    mode = serializers.ChoiceField(
        choices=ImportJob.Mode.choices, required=False, default=ImportJob.Mode.UPSERT
    )
    is_own = serializers.SerializerMethodField()

    class Meta:
        model = ImportTemplate
        fields = ["id", "resource", "name", "mapping", "key", "mode", "is_shared", "is_own", "created_at"]
        read_only_fields = ["id", "is_own", "created_at"]
        validators: list[Any] = []  # the same name replaces one's earlier template

    def get_is_own(self, template: ImportTemplate) -> bool:
        return bool(template.user_id == self.context["request"].user.pk)


class ImportTemplateViewSet(ApiViewSet):
    """One's own templates and those shared with everybody."""

    serializer_class = ImportTemplateSerializer
    queryset = ImportTemplate._base_manager.none()

    @extend_schema(responses={200: ImportTemplateSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """All templates one may use."""
        return self.all_of(templates.templates_for(request.user))

    @extend_schema(request=ImportTemplateSerializer, responses={201: ImportTemplateSerializer})
    def create(self, request: Request) -> Response:
        """Keep a mapping under a name; the same name replaces one's earlier template."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        return self.made(templates.save_template(request.user, actor=self.actor, **form.validated_data))

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete one's own template."""
        template = get_visible_or_404(ImportTemplate, request.user, pk)
        templates.delete_template(template, actor=self.actor)
        return Response(status=204)


ROUTES = [("import-templates", ImportTemplateViewSet)]
