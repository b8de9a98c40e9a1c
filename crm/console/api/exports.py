"""REST of exports: ask for a file, watch it being made, fetch it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase, QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from crm.console.views.exports import download, download_once
from crm.core.writes import RuleBroken
from crm.identity.access import get_visible_or_404
from crm.listing.exporting import approval
from crm.listing.exporting import jobs as exports
from crm.listing.rest.confirming import require_confirmed
from crm.listing.rest.viewsets import ApiViewSet
from crm.records.models import ExportJob


class ExportSerializer(serializers.ModelSerializer):
    """An export: state, progress in percent, and where the file is once it is there."""

    progress = serializers.IntegerField(read_only=True)
    download = serializers.SerializerMethodField()

    class Meta:
        model = ExportJob
        fields = [
            "id",
            "resource",
            "format",
            "reason",
            "state",
            "progress",
            "total",
            "error",
            "download",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_download(self, job: ExportJob) -> str | None:
        if job.state != ExportJob.State.DONE or not job.file:
            return None
        return reverse("api-exports-download", args=[job.pk], request=self.context.get("request"))


class ExportRequest(serializers.Serializer):
    """Which list, with which filters, as what, and why."""

    resource = serializers.CharField(max_length=40)
    filters = serializers.DictField(required=False, default=dict)
    format = serializers.ChoiceField(choices=ExportJob.Format.choices, default=ExportJob.Format.XLSX)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    approval = serializers.BooleanField(required=False, default=False)


class ExportViewSet(ApiViewSet):
    """One's own exports."""

    serializer_class = ExportSerializer
    unkept = ApiViewSet.unkept | {"download"}
    queryset = ExportJob._base_manager.none()

    def _job(self) -> ExportJob:
        return get_visible_or_404(ExportJob, self.request.user, self.kwargs["pk"])

    @extend_schema(responses={200: ExportSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """The last exports."""
        return self.all_of(exports.exports_of(request.user))

    @extend_schema(request=ExportRequest, responses={202: ExportSerializer})
    def create(self, request: Request) -> Response:
        """Ask for a file; longer than the role may take out it is 409, or, with `approval`, submitted for approval."""
        require_confirmed(request)
        form = ExportRequest(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        ask = approval.ask_for if given["approval"] else exports.request_export
        job = ask(
            request.user,
            given["resource"],
            query=_query_of(given["filters"]),
            file_format=given["format"],
            reason=given["reason"],
            actor=self.actor,
        )
        return self.made(job, status.HTTP_202_ACCEPTED)

    def retrieve(self, request: Request, pk: str) -> Response:
        """How far the export is."""
        return self.answer(self._job())

    @extend_schema(request=None, responses={200: ExportSerializer})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """Stop making the file."""
        return self.answer(exports.stop_export(self._job(), actor=self.actor))

    @extend_schema(request=None, responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get", "post"])
    def download(self, request: Request, pk: str) -> HttpResponseBase:
        """The file, for nobody but the person who asked for it; one that was approved by POST, a single time."""
        job = self._job()
        if not job.is_for_once:
            return download(job)
        if request.method == "GET":
            raise RuleBroken(_("An approved file is fetched once: send POST."), code="post")
        return download_once(job, actor=self.actor)


def _query_of(filters: dict[str, Any]) -> str:
    query = QueryDict(mutable=True)
    for name, value in filters.items():
        values = value if isinstance(value, list) else [value]
        query.setlist(name, [str(one) for one in values])
    return query.urlencode()


ROUTES = [("exports", ExportViewSet)]
