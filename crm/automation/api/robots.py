"""REST: the robots of group chats, for those who manage them."""

from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.automation import kinds, services
from crm.automation.models import GroupRobot
from crm.automation.queries import robots as queries
from crm.identity.models import Team
from crm.listing.rest.serializers import VisibleRelatedField
from crm.listing.rest.viewsets import ApiViewSet, Deletes, Updates

SETTINGS = ("name", "kind", "team", "news", "shows_names", "language", "is_active")


class RobotSerializer(serializers.ModelSerializer):
    """A robot of a group chat. Its address and its secret are taken in and never given out: `hint` is the machine
    it speaks to, `signs` whether it has a secret."""

    team = VisibleRelatedField(
        queryset=Team.objects.filter(is_active=True),
        required=False,
        allow_null=True,
        default=None,
        help_text=str(_("Of this team and the teams below it.")),
    )
    news = serializers.ListField(child=serializers.CharField(max_length=40), allow_empty=False)
    address = serializers.CharField(
        write_only=True, required=False, allow_blank=True, default="", max_length=1000
    )
    secret = serializers.CharField(
        write_only=True, required=False, allow_blank=True, default="", max_length=200
    )
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False, allow_blank=True)
    hint = serializers.CharField(read_only=True)
    signs = serializers.SerializerMethodField()
    failed = serializers.IntegerField(read_only=True, help_text=str(_("Messages that were given up.")))

    class Meta:
        model = GroupRobot
        fields = [
            "id",
            *SETTINGS,
            "address",
            "secret",
            "hint",
            "signs",
            "failed",
            "sent_at",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["sent_at", "version", "created_at", "updated_at"]

    def get_signs(self, robot: GroupRobot) -> bool:
        return bool(robot.sealed_secret)

    def validate_news(self, value: list[str]) -> list[str]:
        unknown = set(value) - {one.key for one in kinds.for_groups()}
        if unknown:
            raise serializers.ValidationError(_("Choose one of the values offered."))
        return value


class TrySerializer(serializers.Serializer):
    """Whether the sentence arrived; nothing of what the other side answered."""

    delivered = serializers.BooleanField()


class RobotViewSet(Updates, Deletes, ApiViewSet):
    """Robots of group chats: administrators manage all of them, a team's leader those of the team."""

    serializer_class = RobotSerializer
    queryset = GroupRobot._base_manager.none()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not queries.manages(request.user):
            self.permission_denied(request)

    def record(self, action: str = "view") -> GroupRobot:
        """The robot of the address, one of those the caller manages: then every action is allowed."""
        return get_object_or_404(queries.robots(self.request.user), pk=self.kwargs["pk"])

    def reread(self, robot: GroupRobot) -> GroupRobot:
        """A robot with the number of messages that were given up."""
        return queries.robots(self.request.user).filter(pk=robot.pk).first() or robot

    @extend_schema(responses={200: RobotSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """The robots one manages."""
        return self.all_of(queries.robots(request.user))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One robot."""
        return self.answer(self.record())

    def create(self, request: Request) -> Response:
        """A new robot; `address` is what the group chat shows for it."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        robot = services.save_robot(None, by=request.user, actor=self.actor, **form.validated_data)
        return self.made(self.reread(robot))

    def update_record(self, record: GroupRobot, values: dict[str, Any], expected: int | None) -> GroupRobot:
        """Without a new address or secret it keeps those it has."""
        values = {name: getattr(record, name) for name in SETTINGS} | values
        return services.save_robot(
            record, by=self.request.user, actor=self.actor, expected=expected, **values
        )

    def delete_record(self, record: GroupRobot, expected: int | None) -> None:
        services.delete_robot(record, actor=self.actor, expected=expected)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a robot away, with the messages that wait for it; needs If-Match or the version in the body."""
        return super().destroy(request, *args, **kwargs)

    @extend_schema(request=None, responses=TrySerializer)
    @action(detail=True, methods=["post"], url_path="try")
    def try_out(self, request: Request, pk: str) -> Response:
        """Let a robot say one sentence in its group, now."""
        return Response({"delivered": services.try_robot(self.record(), actor=self.actor)})
