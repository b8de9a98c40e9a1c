"""REST: the devices one is signed in on, and temporary cover; the same rights as their pages."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.core.clock import company_today
from crm.identity import queries, services
from crm.identity.access import get_visible_or_404, is_administrator, visible
from crm.identity.models import Cover, User, UserSession
from crm.listing.rest.serializers import VisibleRelatedField
from crm.listing.rest.viewsets import ApiViewSet


class SessionSerializer(serializers.ModelSerializer):
    """A device somebody is signed in on; `current` is the one that asks."""

    device = serializers.CharField(read_only=True)
    current = serializers.SerializerMethodField()

    class Meta:
        model = UserSession
        fields = ["id", "device", "address", "signed_in_at", "seen_at", "current"]
        read_only_fields = fields

    def get_current(self, row: UserSession) -> bool:
        return row.session_key == _session_key(self.context["request"])


class SessionViewSet(ApiViewSet):
    """One's own signed-in devices."""

    serializer_class = SessionSerializer
    queryset = UserSession._base_manager.none()

    @extend_schema(responses={200: SessionSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """Where one is signed in, the latest first."""
        return self.all_of(visible(UserSession, request.user))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One device."""
        return self.answer(get_visible_or_404(UserSession, request.user, pk))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Sign out on one device."""
        row = get_visible_or_404(UserSession, request.user, pk)
        services.end_sessions(request.user, only=row, actor=self.actor)
        return Response(status=204)

    @extend_schema(request=None, responses={204: None})
    @action(detail=False, methods=["post"], url_path="end-others")
    def end_others(self, request: Request) -> Response:
        """Sign out everywhere but here; with a token, everywhere."""
        services.end_sessions(request.user, keep=_session_key(request), actor=self.actor)
        return Response(status=204)


def _session_key(request: Request) -> str:
    return "" if request.auth is not None else request.session.session_key or ""


class CoverSerializer(serializers.ModelSerializer):
    """Who works with whose records from one day to another, both included."""

    away = VisibleRelatedField(source="user", queryset=User.objects.filter(is_active=True), required=False)
    by = VisibleRelatedField(queryset=User.objects.filter(is_active=True))

    class Meta:
        model = Cover
        fields = ["id", "away", "by", "first_date", "last_date"]


class CoverViewSet(ApiViewSet):
    """Temporary cover: one's own as the one away or the one who covers; administrators see and set all."""

    serializer_class = CoverSerializer
    queryset = Cover._base_manager.none()

    def _rows(self) -> Any:
        user = self.request.user
        rows = queries.covers(user, of_everybody=is_administrator(user))
        return rows.filter(last_date__gte=company_today())

    def _cover(self) -> Cover:
        return get_object_or_404(self._rows(), pk=self.kwargs["pk"])

    @extend_schema(responses={200: CoverSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """Covers that run or are to come."""
        return self.all_of(self._rows())

    def retrieve(self, request: Request, pk: str) -> Response:
        """One cover."""
        return self.answer(self._cover())

    def create(self, request: Request) -> Response:
        """Let a colleague cover for oneself; administrators also for others (`away`)."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        away = values.pop("user", request.user)
        if away != request.user and not is_administrator(request.user):
            self.permission_denied(request)
        return self.made(services.set_cover(away, actor=self.actor, **values))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """End a cover before its time."""
        services.end_cover(self._cover(), actor=self.actor)
        return Response(status=204)


ROUTES = [("sessions", SessionViewSet), ("covers", CoverViewSet)]
