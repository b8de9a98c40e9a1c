"""The API's door to masked values: one at a time, with a reason, kept in the audit log."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.listing.rest.confirming import require_confirmed
from crm.records import services


class RevealSerializer(serializers.Serializer):
    """Which field (custom ones as `cf_<key>`), and why."""

    field = serializers.CharField(max_length=60)
    reason = serializers.CharField(max_length=200)


class RevealedSerializer(serializers.Serializer):
    """The whole value."""

    field = serializers.CharField()
    value = serializers.JSONField()


class RevealMixin:
    """`POST <record>/reveal/` for resources whose records have masked fields."""

    @extend_schema(request=RevealSerializer, responses=RevealedSerializer)
    @action(detail=True, methods=["post"])
    def reveal(self: Any, request: Request, pk: str) -> Response:
        """The whole of a field that is masked for the caller; who looked, at what and why is kept."""
        record = self.record("reveal")
        form = RevealSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        name, reason = form.validated_data["field"], form.validated_data["reason"]
        if services.revealed_lately(request.user) >= services.MANY:
            require_confirmed(request)
        value = services.reveal(record, name, user=request.user, reason=reason, actor=self.actor)
        return Response({"field": name, "value": value})
