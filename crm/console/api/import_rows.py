"""REST of the rows of an import: the preview, what to do with likely duplicates, columns assigned anew."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.listing.importing import jobs, mending, preview
from crm.listing.importing.reading import UnreadableFile
from crm.listing.importing.resource import Run
from crm.listing.rest.errors import Problem
from crm.listing.rest.links import following
from crm.listing.selection import BadQuery
from crm.records.models import ImportJob


class ImportCell(serializers.Serializer):
    """One cell as it will become, or what stands there and what is wrong with it."""

    field = serializers.CharField(source="name")
    text = serializers.CharField()
    error = serializers.CharField(source="why")
    suggestion = serializers.CharField(source="fix")


class ImportSuspect(serializers.Serializer):
    """A record a row may be already; of a hidden one its name, its owner and the score alone."""

    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    owner_name = serializers.CharField(source="owner")
    score = serializers.CharField()
    why = serializers.ListField(child=serializers.CharField())
    open = serializers.BooleanField()


class ImportLine(serializers.Serializer):
    """A row of the file: what becomes of it, the record it went to as it is today, and the row it adds to."""

    row = serializers.IntegerField(source="number")
    outcome = serializers.CharField()
    record = serializers.IntegerField(allow_null=True)
    adds_to = serializers.IntegerField(source="leader", allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    cells = ImportCell(many=True)
    suspects = ImportSuspect(many=True)
    choice = serializers.CharField()


class Decision(serializers.Serializer):
    """What shall become of a row that may be a record one has already; an empty action forgets what was chosen."""

    row = serializers.IntegerField(min_value=1)
    action = serializers.ChoiceField(choices=mending.CHOICES, allow_blank=True)
    record = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)


class Remap(serializers.Serializer):
    """How to read the file from now on; what is left out stays as it is."""

    mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True, allow_null=True), required=False
    )
    key = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    mode = serializers.ChoiceField(choices=ImportJob.Mode.choices, required=False, default="")
    duplicate_action = serializers.ChoiceField(
        choices=ImportJob.DuplicateAction.choices, required=False, default=""
    )
    sheet = serializers.CharField(required=False, allow_blank=True, max_length=255)
    header_row = serializers.IntegerField(required=False, min_value=1, max_value=1_048_576)


class ImportRowActions:
    """Actions on the rows of one's own import."""

    @extend_schema(
        parameters=[
            OpenApiParameter("tab", str, enum=preview.TABS),
            OpenApiParameter("after", int, description="Rows behind this one"),
        ],
        responses={
            200: inline_serializer(
                "ImportLines",
                {
                    "next": serializers.URLField(allow_null=True),
                    "previous": serializers.URLField(allow_null=True),
                    "results": ImportLine(many=True),
                },
            )
        },
    )
    @action(detail=True, methods=["get"])
    def rows(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The rows as the preview shows them, 50 at a time."""
        job = self.record()  # type: ignore[attr-defined]
        tab, after = request.query_params.get("tab", "all"), request.query_params.get("after", "0")
        if unknown := set(request.query_params) - {"tab", "after", "format"}:
            raise BadQuery({name: [_("Unknown parameter.")] for name in unknown})
        if tab not in preview.TABS:
            raise BadQuery({"tab": [_("Choose one of the values offered.")]})
        if not (after.isdecimal() and len(after) < 9):
            raise BadQuery({"after": [_("Unknown cursor.")]})
        run = Run(job, jobs.resource_for(job), job.user)
        lines, more = preview.lines(run, tab=tab, after=int(after))
        link = following(request, after=more)
        return Response({"next": link, "previous": None, "results": ImportLine(lines, many=True).data})

    @extend_schema(request=Decision, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say of one likely duplicate whether it is merged, overwrites, is left out or is new all the same."""
        job = self.record()  # type: ignore[attr-defined]
        form = Decision(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(self.describe(mending.decide(job, **form.validated_data)))  # type: ignore[attr-defined]

    @extend_schema(request=Remap, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def remap(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Assign columns, key, mode or the choice for duplicates anew, or read another sheet; it is checked again."""
        job = self.record()  # type: ignore[attr-defined]
        form = Remap(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        sheet, header_row = given.pop("sheet", ""), given.pop("header_row", None)
        try:
            if sheet or header_row:
                job = jobs.look_again(job, sheet=sheet or job.sheet, header_row=header_row)
        except UnreadableFile as error:
            raise Problem(400, error.code, str(error), errors={"sheet": [str(error)]}) from error
        mapping = given.pop("mapping", None)
        job = jobs.remap(job, mapping=job.mapping if mapping is None else mapping, **given)
        return Response(self.describe(job))  # type: ignore[attr-defined]
