"""REST of approval flows, for administrators: conditions and steps as data, and who would approve something."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from crm.approvals import queries, services
from crm.approvals.models import ApprovalFlow, Mode
from crm.approvals.registry import kind_of
from crm.console.approval_listing import APPROVAL_FLOWS
from crm.identity.access import require_verb
from crm.identity.models import User
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates


class FlowConditionSerializer(serializers.Serializer):
    """A condition over what the kind measures; `value` is a list for `in`."""

    field = serializers.CharField(max_length=60)
    op = serializers.ChoiceField(choices=["eq", "ne", "gte", "gt", "lt", "lte", "in", "contains"])
    value = serializers.JSONField()


class ApproverSerializer(serializers.Serializer):
    """Whom a step asks: `superior` with a level, `role` with its code, `user` with an id, `field` of the record."""

    who = serializers.ChoiceField(choices=["superior", "role", "user", "field"])
    level = serializers.IntegerField(required=False, min_value=1, max_value=9)
    role = serializers.CharField(required=False, max_length=50)
    user = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    field = serializers.CharField(required=False, max_length=60)


class FlowStepSerializer(serializers.Serializer):
    """One step; the band of amounts contains its lower end."""

    name = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    mode = serializers.ChoiceField(choices=Mode.choices, default=Mode.ANY)
    approvers = ApproverSerializer(many=True)
    amount_from = serializers.DecimalField(18, 2, required=False, allow_null=True, default=None)
    amount_below = serializers.DecimalField(18, 2, required=False, allow_null=True, default=None)


class FlowSerializer(RecordSerializer):
    """A flow with its steps; a change is a new version, which only later requests follow."""

    conditions = FlowConditionSerializer(many=True, required=False, default=list)
    copies = ApproverSerializer(many=True, required=False, default=list)
    steps = FlowStepSerializer(many=True)

    class Meta:
        model = ApprovalFlow
        fields = [
            "id", "kind", "name", "position", "is_active", "conditions", "steps", "copies", "version", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = ["position"]
        fixed = ("kind",)


class PlannedSerializer(serializers.Serializer):
    """A step as it would be asked."""

    name = serializers.CharField()
    mode = serializers.CharField()
    why = serializers.ListField(child=serializers.CharField())
    approvers = serializers.SerializerMethodField()

    @extend_schema(
        responses=inline_serializer(
            "Seat",
            {"approver": serializers.IntegerField(), "instead_of": serializers.IntegerField(allow_null=True)},
            many=True,
        )
    )
    def get_approvers(self, step: Any) -> list[dict[str, int | None]]:
        """Whom it asks, and in whose place."""
        return [{"approver": seat.person, "instead_of": seat.instead_of} for seat in step.seats]


class TrialSerializer(serializers.Serializer):
    """What somebody would submit."""

    kind = serializers.CharField(max_length=40)
    submitter = VisibleRelatedField(queryset=User.objects.all())
    facts = serializers.DictField(required=False, default=dict)


class PlanSerializer(serializers.Serializer):
    """What a submission would lead to; without a flow it is approved at once, or, where the kind needs one, refused."""

    flow = serializers.IntegerField(source="flow.pk", allow_null=True, default=None)
    steps = PlannedSerializer(many=True)
    nobody = serializers.BooleanField(source="has_gap")


class FlowViewSet(Creates, Updates, Deletes, RecordViewSet):
    """Approval flows."""

    listing = APPROVAL_FLOWS
    serializer_class = FlowSerializer
    prefetch = ("steps",)

    def create_record(self, values: dict[str, Any]) -> ApprovalFlow:
        return services.save_flow(None, actor=self.actor, **values)

    def update_record(
        self, record: ApprovalFlow, values: dict[str, Any], expected: int | None
    ) -> ApprovalFlow:
        before = {name: getattr(record, name) for name in ("name", "is_active", "conditions", "copies")}
        before["steps"] = [step.plain() for step in record.steps.all()]
        given = before | {name: value for name, value in values.items() if name in self.request.data}
        return services.save_flow(record, actor=self.actor, kind=record.kind, expected=expected, **given)

    def delete_record(self, record: ApprovalFlow, expected: int | None) -> None:
        services.delete_flow(record, actor=self.actor, expected=expected)

    @extend_schema(request=TrialSerializer, responses={200: PlanSerializer})
    @action(detail=False, methods=["post"], url_path="try")
    def dry_run(self, request: Request) -> Response:
        """Who would approve this, and why; nothing is written."""
        require_verb(request.user, "change", ApprovalFlow)
        form = TrialSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        given = form.validated_data
        kind = kind_of(given["kind"])
        if kind is None:
            raise ValidationError({"kind": [_("Records of this kind are not approved.")]})
        plan = queries.plan_for(kind, None, {}, given["submitter"], facts=given["facts"])
        return Response(PlanSerializer(plan).data)


ROUTES = [("approval-flows", FlowViewSet)]
