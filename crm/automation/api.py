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
from crm.core.writes import StaleVersion
from crm.identity.models import Team
from crm.listing.rest import concurrency
from crm.listing.rest.serializers import VisibleRelatedField
from crm.listing.rest.viewsets import ShortListViewSet

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


class RobotViewSet(ShortListViewSet):
    """Robots of group chats: administrators manage all of them, a team's leader those of the team."""

    serializer_class = RobotSerializer
    queryset = GroupRobot._base_manager.none()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not queries.manages(request.user):
            self.permission_denied(request)

    def _robot(self) -> GroupRobot:
        return get_object_or_404(queries.robots(self.request.user), pk=self.kwargs["pk"])

    def _described(self, robot: GroupRobot) -> Any:
        fresh = queries.robots(self.request.user).filter(pk=robot.pk).first()
        return self.get_serializer(fresh or robot).data

    def _answer(self, robot: GroupRobot, status: int = 200) -> Response:
        return Response(self._described(robot), status=status, headers={"ETag": concurrency.etag(robot)})

    @extend_schema(responses={200: RobotSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """The robots one manages."""
        return self.answer(queries.robots(request.user))

    def retrieve(self, request: Request, pk: str) -> Response:
        """One robot."""
        return self._answer(self._robot())

    def create(self, request: Request) -> Response:
        """A new robot; `address` is what the group chat shows for it."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        robot = services.save_robot(None, by=request.user, actor=self.actor, **form.validated_data)
        response = self._answer(robot, 201)
        response["Location"] = request.build_absolute_uri(f"{request.path}{robot.pk}/")
        return response

    def update(self, request: Request, pk: str, partial: bool = False) -> Response:
        """Change a robot; without a new address or secret it keeps those it has."""
        robot = self._robot()
        expected = concurrency.expectation_of(request, robot)
        concurrency.check(expected, robot, self._described)
        form = self.get_serializer(robot, data=request.data, partial=partial)
        form.is_valid(raise_exception=True)
        values = {name: getattr(robot, name) for name in SETTINGS} | form.validated_data
        try:
            robot = services.save_robot(
                robot, by=request.user, actor=self.actor, expected=expected.number, **values
            )
        except StaleVersion as error:
            raise expected.stale(error.current, self._described) from error
        return self._answer(robot)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change some of a robot's settings."""
        return self.update(request, pk, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take a robot away, with the messages that wait for it."""
        robot = self._robot()
        expected = concurrency.expectation_of(request, robot)
        concurrency.check(expected, robot, self._described)
        services.delete_robot(robot, actor=self.actor)
        return Response(status=204)

    @extend_schema(request=None, responses=TrySerializer)
    @action(detail=True, methods=["post"], url_path="try")
    def try_out(self, request: Request, pk: str) -> Response:
        """Let a robot say one sentence in its group, now."""
        return Response({"delivered": services.try_robot(self._robot(), actor=self.actor)})


ROUTES = [("group-robots", RobotViewSet)]
