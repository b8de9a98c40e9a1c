"""REST: people, teams and roles; everybody reads them, administrators add and change."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.console import services as console
from crm.console.listings import ROLES, TEAMS, USERS
from crm.identity import services
from crm.identity.access import is_administrator
from crm.identity.models import FieldRight, Role, Team, User
from crm.listing.rest.confirming import require_confirmed
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, RecordViewSet, Updates

CONTACT_DATA = ("email", "phone", "last_login")


class UserSerializer(RecordSerializer):
    """A colleague; contact data only of oneself and for administrators."""

    role_slug = serializers.SlugField(source="role.slug", read_only=True, default=None)
    password = serializers.CharField(write_only=True, required=False, max_length=128, trim_whitespace=False)

    class Meta:
        model = User
        fixed = ("username",)
        fields = [
            "id",
            "username",
            "name",
            "title",
            "email",
            "phone",
            "role",
            "role_slug",
            "team",
            "is_active",
            "language",
            "time_zone",
            "last_login",
            "joined_at",
            "password",
        ]
        read_only_fields = ["is_active", "language", "time_zone", "last_login", "joined_at"]

    def to_representation(self, instance: User) -> dict[str, Any]:
        data = super().to_representation(instance)
        reader = self.context["request"].user
        if instance.pk != reader.pk and not is_administrator(reader):
            for name in CONTACT_DATA:
                data.pop(name, None)
        return data


class LeaveSerializer(serializers.Serializer):
    """Who takes over: for each kind of record the people in turn (none: nobody), and for all others `default`."""

    heirs = serializers.DictField(
        child=VisibleRelatedField(queryset=User.objects.filter(is_active=True), many=True), required=False
    )
    default = VisibleRelatedField(queryset=User.objects.filter(is_active=True), many=True, required=False)


class HandOverPartSerializer(serializers.Serializer):
    """How many records of one kind somebody (null: nobody for now) would take."""

    model = serializers.CharField()
    taker = serializers.IntegerField(allow_null=True)
    count = serializers.IntegerField()


class UserViewSet(Creates, Updates, RecordViewSet):
    """People: everybody reads, administrators add and change; leaving goes through the hand-over page."""

    listing = USERS
    serializer_class = UserSerializer

    def create_record(self, values: dict[str, Any]) -> User:
        require_confirmed(self.request)
        password = values.pop("password", None)
        return services.create_user(
            values.pop("username"),
            name=values.pop("name"),
            role=values.pop("role", None),
            team=values.pop("team", None),
            password=password,
            must_change_password=bool(password),
            actor=self.actor,
            **values,
        )

    def update_record(self, record: User, values: dict[str, Any], expected: int | None) -> User:
        require_confirmed(self.request)
        if password := values.pop("password", None):
            services.set_password(
                record, password, must_change=record.pk != self.request.user.pk, actor=self.actor
            )
        return services.update_user(record, actor=self.actor, **values)

    @extend_schema(request=LeaveSerializer, responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, pk: str) -> Response:
        """End somebody's access and hand over what they hold; answers with what moved."""
        member, values = self._leaver()
        require_confirmed(request)
        made = services.leave(
            member, values.get("heirs", {}), default=values.get("default", ()), actor=self.actor
        )
        rows = made.items.order_by("id").values("model", "record_id", "text", "taker_name")
        return Response({"id": made.pk, "items": list(rows)})

    @extend_schema(request=LeaveSerializer, responses=HandOverPartSerializer(many=True))
    @action(detail=True, methods=["post"], url_path="leave-preview")
    def leave_preview(self, request: Request, pk: str) -> Response:
        """Who would take how much if somebody left; nothing is done."""
        member, values = self._leaver()
        parts = services.plan_hand_over(member, values.get("heirs", {}), default=values.get("default", ()))
        return Response(
            [
                {
                    "model": part.model._meta.label_lower,
                    "taker": taker.pk if taker else None,
                    "count": len(ids),
                }
                for part in parts
                for taker, ids in part.shares.items()
            ]
        )

    def _leaver(self) -> tuple[User, dict[str, Any]]:
        member = self.record("change")
        form = LeaveSerializer(data=self.request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        return member, form.validated_data

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path="end-sessions")
    def end_sessions(self, request: Request, pk: str) -> Response:
        """Sign somebody out on all their devices."""
        services.end_sessions(self.record("change"), actor=self.actor)
        return Response(status=204)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path="reset-second-factor")
    def reset_second_factor(self, request: Request, pk: str) -> Response:
        """Take the second factor off somebody who lost it; they are signed out and set up another one."""
        member = self.record("change")
        require_confirmed(request)
        console.reset_second_factor(member, actor=self.actor)
        return Response(status=204)


class TeamSerializer(RecordSerializer):
    """A team and its place in the tree."""

    people = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Team
        fields = ["id", "name", "parent", "leader", "region_code", "kind", "is_active", "people"]
        read_only_fields = ["kind", "is_active"]


class TeamViewSet(Creates, Updates, RecordViewSet):
    """Teams: everybody reads, administrators add, rename and move."""

    listing = TEAMS
    serializer_class = TeamSerializer

    def create_record(self, values: dict[str, Any]) -> Team:
        return services.create_team(values.pop("name"), actor=self.actor, **values)

    def update_record(self, record: Team, values: dict[str, Any], expected: int | None) -> Team:
        return services.update_team(record, actor=self.actor, **values)


class FieldRightSerializer(serializers.ModelSerializer):
    """One field, and how far a role reaches into it."""

    class Meta:
        model = FieldRight
        fields = ["model", "field", "level"]


class RoleSerializer(RecordSerializer):
    """A role by code and names, with the fields it may not simply see and edit."""

    field_rights = FieldRightSerializer(many=True, read_only=True)

    class Meta:
        model = Role
        fields = [
            "id",
            "slug",
            "name_en",
            "name_zh",
            "description_en",
            "description_zh",
            "export_cap",
            "is_administrator",
            "field_rights",
        ]


class RoleViewSet(RecordViewSet):
    """Roles, to read."""

    listing = ROLES
    serializer_class = RoleSerializer
    prefetch = ("field_rights",)


ROUTES = [("users", UserViewSet), ("teams", TeamViewSet), ("roles", RoleViewSet)]
