"""REST: the reports, with the very numbers of their pages."""

from typing import Any

from django.core.exceptions import PermissionDenied
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.listing.rest.viewsets import ApiViewSet
from reports.asked import CONTROL, ask
from reports.declare import TEXT, Report, Table, plain, reports_for
from reports.views.reports import report_or_404
from sales.models import Opportunity


class ReportSerializer(serializers.Serializer):
    """A report somebody may read, and what it can be asked."""

    slug = serializers.CharField()
    title = serializers.CharField()
    note = serializers.CharField()
    parameters = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    def get_parameters(self, report: Report) -> list[str]:
        return [one.name for one in report.parameters]

    def get_url(self, report: Report) -> str:
        return self.context["request"].build_absolute_uri(f"/api/v1/reports/{report.slug}/")


class ColumnSerializer(serializers.Serializer):
    """A column of a report: `kind` is text, count, money, share (a fraction), days, ratio or date."""

    key = serializers.CharField()
    label = serializers.CharField()
    kind = serializers.CharField()


class ReportAnswerSerializer(serializers.Serializer):
    """A report's numbers. Amounts stand in `currency`; `approximate` says that several were converted at today's rates."""

    slug = serializers.CharField()
    title = serializers.CharField()
    columns = ColumnSerializer(many=True)
    rows = serializers.ListField(child=serializers.DictField())
    totals = serializers.DictField()
    currency = serializers.CharField()
    approximate = serializers.BooleanField()
    notes = serializers.ListField(child=serializers.CharField())
    parameters = serializers.DictField()
    as_of = serializers.DateTimeField()


class ReportViewSet(ApiViewSet):
    """The reports: their numbers are those of the page, over the records the caller sees."""

    serializer_class = ReportSerializer
    lookup_field = "slug"
    lookup_value_regex = r"[a-z][a-z0-9-]*"
    queryset = Opportunity._base_manager.none()

    @extend_schema(responses={200: ReportSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """The reports the caller may read."""
        offered = reports_for(request.user)
        if not offered:
            raise PermissionDenied
        return self.all_of(offered)

    @extend_schema(
        responses={200: ReportAnswerSerializer},
        parameters=[
            OpenApiParameter("slug", OpenApiTypes.STR, OpenApiParameter.PATH),
            *(
                OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.QUERY, description=text)
                for name, text in (
                    ("group", "By what: owner, team, region, month … (see the report's parameters)."),
                    ("from", "First day, where the report speaks of days."),
                    ("to", "Last day."),
                    ("period", "this_quarter, 2026-11, 2026Q4 or 2026."),
                    ("kind", "Of the funnel: cohort or snapshot."),
                    ("owner", "Number of a colleague."),
                    ("team", "Number of a team; those below it count."),
                    ("pipeline", "Number of a pipeline."),
                )
            ),
        ],
    )
    def retrieve(self, request: Request, slug: str) -> Response:
        """One report with its columns, rows, totals and the moment they were counted."""
        report = report_or_404(request.user, slug)
        asked = ask(report, request.user, request.query_params)
        table = report.build(asked)
        body = {
            "slug": report.slug,
            "title": str(report.title),
            "columns": [{"key": one.key, "label": str(one.label), "kind": one.kind} for one in table.columns],
            "rows": [{"id": row.id, **_values(table, row.values), "drill": row.drill} for row in table.rows],
            "totals": {
                name: value for name, value in _values(table, table.totals).items() if name != "label"
            },
            "currency": table.currency,
            "approximate": table.approximate,
            "notes": [str(one) for one in table.notes],
            "parameters": {n: v for n, v in asked.form.data.dict().items() if n not in CONTROL},
            "as_of": asked.now.isoformat(),
        }
        return Response(body)


def _values(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    kinds = {one.key: one.kind for one in table.columns}
    return {name: plain(kinds.get(name, TEXT), value) for name, value in values.items()}
