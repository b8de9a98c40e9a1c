"""REST of imports: upload, mend, watch, commit, stop, undo."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.console.api.import_rows import ImportRowActions
from crm.console.import_listing import IMPORTS
from crm.console.views.imports import errors_response
from crm.identity.access import get_visible_or_404
from crm.listing.importing import jobs, mending, parts, undoing
from crm.listing.importing.queries import errors_of, kept_of
from crm.listing.importing.reading import UnreadableFile
from crm.listing.importing.templates import templates_for
from crm.listing.rest.errors import Problem
from crm.listing.rest.viewsets import RecordViewSet
from crm.records.models import ImportJob

ERRORS_SHOWN = 1000


class ImportSerializer(serializers.ModelSerializer):
    """An import: state, progress in percent, rows by outcome (parts sum to the total), the first errors."""

    counts = serializers.SerializerMethodField()
    tally = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    progress = serializers.IntegerField(read_only=True)
    errors = serializers.SerializerMethodField()
    proposal = serializers.SerializerMethodField()
    undo = serializers.SerializerMethodField()
    parts = serializers.SerializerMethodField()
    file = serializers.CharField(source="file_name", read_only=True)

    class Meta:
        model = ImportJob
        fields = [
            "id",
            "resource",
            "file",
            "state",
            "progress",
            "mode",
            "duplicate_action",
            "key",
            "dry_run",
            "sheet",
            "header_row",
            "mapping",
            "proposal",
            "counts",
            "tally",
            "errors",
            "error",
            "undo",
            "parts",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_counts(self, job: ImportJob) -> dict[str, int]:
        return job.outcome

    def get_errors(self, job: ImportJob) -> list[dict[str, Any]]:
        return errors_of(job, ERRORS_SHOWN)

    def get_undo(self, job: ImportJob) -> dict[str, Any] | None:
        """Rows undone and kept, and of the kept ones why."""
        return {**job.undo_counts, "rows": kept_of(job, ERRORS_SHOWN)} if job.undo_counts else None

    def get_parts(self, job: ImportJob) -> list[dict[str, Any]]:
        """The further sheets of the workbook that are imported together with this one, in their order."""
        return [
            {
                "id": one.pk,
                "resource": one.resource,
                "sheet": one.sheet,
                "state": one.state,
                "counts": one.outcome,
            }
            for one in parts.chain_of(job)[1:]
            if not job.parent_id
        ]

    def get_proposal(self, job: ImportJob) -> list[dict[str, Any]]:
        return [
            {"column": c["header"], "field": c.get("proposed") or None, "confidence": c.get("confidence", 0)}
            for c in job.columns
        ]


class ImportListSerializer(ImportSerializer):
    """An import in the list, without its columns and errors."""

    class Meta(ImportSerializer.Meta):
        fields = [
            name
            for name in ImportSerializer.Meta.fields
            if name not in ("errors", "proposal", "mapping", "undo", "parts")
        ]
        read_only_fields = fields


class ImportUpload(serializers.Serializer):
    """What an upload says: the file, what its rows are, how to read and to write them."""

    file = serializers.FileField(allow_empty_file=True)
    resource = serializers.CharField(max_length=40)
    mapping = serializers.CharField(required=False, allow_blank=True, help_text="JSON: {header: field}")
    key = serializers.CharField(required=False, allow_blank=True, max_length=40)
    mode = serializers.ChoiceField(
        choices=ImportJob.Mode.choices, required=False, default=ImportJob.Mode.UPSERT
    )
    duplicate_action = serializers.ChoiceField(
        choices=ImportJob.DuplicateAction.choices, required=False, default=ImportJob.DuplicateAction.WARN
    )
    dry_run = serializers.BooleanField(required=False, default=False)
    related = serializers.BooleanField(
        required=False, default=False, help_text="Import the sheets of contacts and follow-ups as well"
    )
    template = serializers.IntegerField(required=False, min_value=1)
    sheet = serializers.CharField(required=False, allow_blank=True, max_length=255)
    header_row = serializers.IntegerField(required=False, min_value=1, max_value=1_048_576)

    def validate_mapping(self, value: str) -> dict[str, str | None] | None:
        if not value.strip():
            return None
        try:
            mapping = json.loads(value)
        except ValueError as error:
            raise ValidationError(_("A mapping is a JSON object: {header: field}.")) from error
        if not isinstance(mapping, dict) or not all(isinstance(v, str | None) for v in mapping.values()):
            raise ValidationError(_("A mapping is a JSON object: {header: field}."))
        return mapping


class Mend(serializers.Serializer):
    """What to mend: `accept_suggestions`, or a field with its new value, in one row or in place of a text."""

    accept_suggestions = serializers.BooleanField(required=False, default=False)
    field = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)
    value = serializers.CharField(required=False, allow_blank=True, default="", trim_whitespace=False)
    row = serializers.IntegerField(required=False, min_value=1, allow_null=True, default=None)
    text = serializers.CharField(required=False, allow_blank=True, default="")


class ImportViewSet(ImportRowActions, RecordViewSet):
    """One's own imports."""

    listing = IMPORTS
    serializer_class = ImportSerializer

    def record(self, action: str = "view") -> ImportJob:
        """One's own import, that of a further sheet of a workbook too, which the list shows with the first one."""
        return get_visible_or_404(ImportJob, self.request.user, self.kwargs["pk"], action)

    def get_parsers(self) -> list[Any]:
        return (
            [MultiPartParser()]
            if getattr(self, "action_map", {}).get("post") == "create"
            else super().get_parsers()
        )

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        return ImportListSerializer if self.action == "list" else ImportSerializer

    @extend_schema(request={"multipart/form-data": ImportUpload}, responses={202: ImportSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Upload a table; 202 with the import, or 400 with the reason for a file that cannot be read."""
        form = ImportUpload(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        upload, resource = given.pop("file"), given.pop("resource")
        if wanted := given.pop("template", None):
            given["template"] = templates_for(request.user, resource).filter(pk=wanted).first()
            if given["template"] is None:
                raise ValidationError({"template": [_("There is no such template.")]})
        try:
            job = jobs.start_import(request.user, upload, resource, **given)
        except UnreadableFile as error:
            raise Problem(400, error.code, str(error), errors={"file": [str(error)]}) from error
        return self.made(job, status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"])
    def commit(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write a checked import."""
        return Response(self.describe(jobs.start_commit(self.record(), actor=self.actor)), status=202)

    @extend_schema(request=None, responses={200: ImportSerializer})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Stop an import; what is written stays."""
        return Response(self.describe(jobs.stop(self.record(), actor=self.actor)))

    @extend_schema(request=Mend, responses={200: ImportSerializer})
    @action(detail=True, methods=["post"])
    def mend(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Mend cells of a checked import; the answer says what is wrong still."""
        form = Mend(data=request.data)
        job = self.record()
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        if given.pop("accept_suggestions"):
            return Response(self.describe(mending.accept_suggestions(job)))
        return Response(self.describe(mending.mend(job, **given)))

    @extend_schema(request=None, responses={200: ImportSerializer})
    @action(detail=True, methods=["post"], url_path="leave-out")
    def leave_out(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Import the workbook without this sheet; the answer is the import of the first one."""
        return Response(self.describe(parts.leave_out(self.record())))

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Undo an import that has ended; rows somebody has changed since are kept and named."""
        return Response(self.describe(undoing.start_undo(self.record())), status=202)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def errors_file(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The refused rows as a workbook that can be mended and imported again."""
        return errors_response(self.record())


ROUTES = [("imports", ImportViewSet)]
URLS = [
    path(
        "imports/<int:pk>/errors.xlsx",
        ImportViewSet.as_view({"get": "errors_file"}, detail=True),
        name="api-imports-errors",
    )
]
