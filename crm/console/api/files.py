"""REST: the files of a record, below the record: `/api/v1/customers/42/files/`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from crm.console.views.files import filed_or_404
from crm.core.writes import RuleBroken
from crm.identity import access
from crm.listing.rest.viewsets import ApiViewSet
from crm.records import services
from crm.records.filed import FILED, Filed
from crm.records.models.record_file import RecordFile
from crm.records.queries import files as queries

KIND = OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=sorted(FILED))
RECORD = OpenApiParameter("pk", int, OpenApiParameter.PATH, description="The record's id")
FILE = OpenApiParameter("file", int, OpenApiParameter.PATH, description="The file's id")


class RecordFileSerializer(serializers.Serializer):
    """A file of a record, as its readers see it."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField(source="file.name")
    content_type = serializers.CharField(source="file.content_type")
    size = serializers.IntegerField(source="file.size", help_text="Bytes")
    sha256 = serializers.CharField(source="file.sha256")
    pages = serializers.IntegerField(source="file.pages", allow_null=True, help_text="Of a PDF")
    uploaded_by = serializers.IntegerField(source="file.uploaded_by_id", allow_null=True)
    created_at = serializers.DateTimeField(source="file.created_at")
    download = serializers.SerializerMethodField()

    def get_download(self, row: RecordFile) -> str:
        """Where the file itself is fetched, with the same token."""
        kwargs = {"kind": self.context["kind"], "pk": row.record_id, "file": row.pk}
        return reverse("api-record-files-download", kwargs=kwargs, request=self.context["request"])


class FileUpload(serializers.Serializer):
    """One file, as multipart/form-data."""

    file = serializers.FileField()


@extend_schema(parameters=[KIND, RECORD])
class RecordFileViewSet(ApiViewSet):
    """The files of a record: who sees the record sees them, who changes it or comments on it adds."""

    serializer_class = RecordFileSerializer
    parser_classes = [MultiPartParser]
    queryset = None

    def get_serializer_context(self) -> dict[str, Any]:
        return super().get_serializer_context() | {"kind": self.kwargs.get("kind", "")}

    @property
    def filed(self) -> Filed:
        return filed_or_404(self.kwargs["kind"])

    def _row(self, action: str = "view") -> RecordFile:
        user = self.request.user
        access.require_verb(user, "view", self.filed.record_model)
        return queries.file_of(user, self.filed, self.kwargs["pk"], self.kwargs["file"], action)

    def _record(self) -> Any:
        access.require_verb(self.request.user, "view", self.filed.record_model)
        return access.get_visible_or_404(self.filed.record_model, self.request.user, self.kwargs["pk"])

    @extend_schema(operation_id="record_files_list", responses={200: RecordFileSerializer(many=True)})
    def list(self, request: Request, **kwargs: Any) -> Response:
        """The files of the record itself, newest first."""
        return self.all_of(queries.held_by(self.filed, self._record()))

    @extend_schema(
        operation_id="record_files_create",
        request={"multipart/form-data": FileUpload},
        responses={201: RecordFileSerializer},
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Add a file; 400 says what is wrong with it, 413 that it is too large to be read at all."""
        record = self._record()
        if not access.may_add_to(request.user, record):
            raise PermissionDenied
        upload = request.FILES.get("file")
        if upload is None:
            raise RuleBroken(_("Choose a file first."), code="required", field="file")
        with transaction.atomic():
            stored = services.store_upload(upload, user=request.user, actor=self.actor)
            (row,) = services.attach_files(record, [stored], actor=self.actor)
        return self.made(row)

    @extend_schema(operation_id="record_files_retrieve", parameters=[FILE])
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """What is known of a file."""
        return self.answer(self._row())

    @extend_schema(operation_id="record_files_destroy", parameters=[FILE], responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Put a file into the bin; for who added it and who may change the record."""
        services.remove_file(self._row("delete"), actor=self.actor)
        return Response(status=204)

    @extend_schema(
        operation_id="record_files_download",
        parameters=[FILE],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def download(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """The file itself, to be saved."""
        return services.download(self._row().file)

    @extend_schema(
        operation_id="record_files_restore", parameters=[FILE], request=None, responses=RecordFileSerializer
    )
    def restore(self, request: Request, **kwargs: Any) -> Response:
        """Bring a file back from the bin within 30 days."""
        access.require_verb(request.user, "view", self.filed.record_model)
        row = queries.removed_file(request.user, self.filed, self.kwargs["pk"], self.kwargs["file"])
        if row is None:
            raise Http404
        return self.answer(services.restore_file(row, actor=self.actor))


OF_RECORD = "<slug:kind>/<int:pk>/files/"
URLS = [
    path(
        OF_RECORD, RecordFileViewSet.as_view({"get": "list", "post": "create"}), name="api-record-files-list"
    ),
    path(
        f"{OF_RECORD}<int:file>/",
        RecordFileViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="api-record-files-detail",
    ),
    path(
        f"{OF_RECORD}<int:file>/download/",
        RecordFileViewSet.as_view({"get": "download"}),
        name="api-record-files-download",
    ),
    path(
        f"{OF_RECORD}<int:file>/restore/",
        RecordFileViewSet.as_view({"post": "restore"}),
        name="api-record-files-restore",
    ),
]
