"""REST: targets."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from crm.core.writes import RuleBroken
from crm.identity.models import Team, User
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from reports import services
from reports.listings import QUOTAS
from reports.models import Metric, PeriodKind, Quota
from reports.queries.reach import may_set_for, may_set_for_team
from reports.rules.periods import Period


class QuotaSerializer(RecordSerializer):
    """A target: of a person (`user`), or of a team as a whole; `first_date` is the first day of the period."""

    user = VisibleRelatedField(queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    team = VisibleRelatedField(queryset=Team.objects.filter(is_active=True), required=False, allow_null=True)
    kind = serializers.ChoiceField(choices=PeriodKind.choices)
    metric = serializers.ChoiceField(choices=Metric.choices, required=False)

    class Meta:
        model = Quota
        fields = [
            "id", "user", "team", "kind", "first_date", "metric", "amount", "currency", "version", "created_at",
            "updated_at",
        ]  # fmt: skip
        validators: list[Any] = []

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        caller = self.context["request"].user
        if self.instance is not None:
            return values
        user, team = values.get("user"), values.get("team")
        if user is None and team is None:
            raise serializers.ValidationError({"user": [_("Say whose target it is.")]})
        if user is not None and not may_set_for(caller, user):
            raise serializers.ValidationError({"user": [_("You may not set this target.")]})
        if user is None and team is not None and not may_set_for_team(caller, team):
            raise serializers.ValidationError({"team": [_("You may not set this target.")]})
        return values


class QuotaViewSet(Creates, Updates, Deletes, RecordViewSet):
    """Targets; a new one for a period that has one changes it. Of an existing one only amount and currency change."""

    listing = QUOTAS
    serializer_class = QuotaSerializer

    def create_record(self, values: dict[str, Any]) -> Quota:
        period = Period(values.pop("first_date"), values.pop("kind"))
        if values.get("user"):
            values.pop("team", None)
        return services.set_quota(period=period, actor=self.actor, **values)

    def update_record(self, record: Quota, values: dict[str, Any], expected: int | None) -> Quota:
        fixed = [
            name
            for name in ("user", "team", "kind", "first_date", "metric")
            if name in values and values[name] != getattr(record, name)
        ]
        if fixed:
            raise RuleBroken(_("Only the amount of a target changes."), field=fixed[0])
        return services.set_quota(
            period=record.period,
            amount=values.get("amount", record.amount),
            currency=values.get("currency", record.currency),
            metric=record.metric,
            user=record.user,
            team=record.team,
            actor=self.actor,
            expected=expected,
        )

    def delete_record(self, record: Quota, expected: int | None) -> None:
        services.delete_quota(record, actor=self.actor, expected=expected)
