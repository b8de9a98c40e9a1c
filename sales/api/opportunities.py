"""REST: opportunities, and the pipelines and stages they go through, over the same lists, rights and services as their pages."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.timeline import TimelineMixin
from accounts.models import Contact, Customer
from crm.identity import access
from crm.identity import services as identity
from crm.identity.models import User
from crm.listing.custom.rest import CustomObject
from crm.listing.rest.revealing import RevealMixin
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from sales import services
from sales.listings.opportunities import OPPORTUNITIES
from sales.models import CloseReason, Opportunity, Pipeline, Stage
from sales.services.unnamed import waits_for_customer


class OpportunitySerializer(RecordSerializer):
    """An opportunity as the API speaks of it; how it ends has actions of its own."""

    customer = VisibleRelatedField(queryset=Customer.objects.all())
    contact = VisibleRelatedField(queryset=Contact.objects.all(), required=False, allow_null=True)
    lead = VisibleRelatedField(read_only=True)
    pipeline = VisibleRelatedField(queryset=Pipeline.objects.filter(is_active=True), required=False)
    stage = VisibleRelatedField(queryset=Stage.objects.filter(is_active=True), required=False)
    owner = VisibleRelatedField(queryset=User.objects.filter(is_active=True), required=False)
    team = VisibleRelatedField(read_only=True)
    custom = CustomObject()

    class Meta:
        model = Opportunity
        fields = [
            "id", "name", "customer", "contact", "lead", "pipeline", "stage", "stage_since", "amount", "currency",
            "probability", "probability_reason", "forecast_category", "expected_close_date", "first_close_date",
            "pushes", "need", "source", "campaign", "competitor", "status", "reason", "reason_note", "closed_at",
            "opened_at", "external_id", "owner", "team", "next_follow_up_at", "last_activity_at", "custom", "version",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = [
            "stage_since", "first_close_date", "pushes", "status", "reason", "reason_note", "closed_at", "opened_at",
            "next_follow_up_at", "last_activity_at",
        ]  # fmt: skip
        extra_kwargs = {"external_id": {"validators": []}, "name": {"allow_blank": False}}


class MoveSerializer(serializers.Serializer):
    """To which stage; `version`, if it was read before, refuses what somebody else has moved since."""

    stage = VisibleRelatedField(queryset=Stage.objects.filter(is_active=True))
    confirmed = serializers.BooleanField(
        default=True, help_text=str(_("Whether stages between may be left out."))
    )
    version = serializers.IntegerField(required=False, allow_null=True, default=None)


class WinSerializer(serializers.Serializer):
    """What won it, and on which day; today unless said."""

    reason = serializers.ChoiceField(
        choices=CloseReason.choices, required=False, allow_blank=True, default=""
    )
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    closed_at = serializers.DateField(required=False, allow_null=True, default=None)


class LoseSerializer(WinSerializer):
    """Why it was lost, to whom, and on which day."""

    reason = serializers.ChoiceField(choices=CloseReason.choices)
    competitor = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class InvalidSerializer(serializers.Serializer):
    """Why it never was a deal."""

    note = serializers.CharField(max_length=200)


class OpportunityViewSet(TimelineMixin, RevealMixin, Creates, Updates, Deletes, RecordViewSet):
    """Opportunities: deals that may be made."""

    listing = OPPORTUNITIES
    serializer_class = OpportunitySerializer

    def create_record(self, values: dict[str, Any]) -> Opportunity:
        user = self.request.user
        owner = values.pop("owner", None) or user
        customer = values.pop("customer")
        access.authorize(user, "change", customer)
        if owner.pk != user.pk:
            access.require_verb(user, "transfer", Opportunity)
        return services.create_opportunity(customer, actor=self.actor, owner=owner, **values)

    def update_record(self, record: Opportunity, values: dict[str, Any], expected: int | None) -> Opportunity:
        if "customer" in values and (customer := values.pop("customer")).pk != record.customer_id:
            if not waits_for_customer(record):
                raise serializers.ValidationError({"customer": [_("A deal stays with its customer.")]})
            access.authorize(self.request.user, "change", customer)
            record = services.name_customer(record, customer=customer, actor=self.actor, expected=expected)
            expected = record.version
        if "pipeline" in values and values.pop("pipeline").pk != record.pipeline_id:
            raise serializers.ValidationError({"pipeline": [_("A deal stays in its pipeline.")]})
        stage, owner = values.pop("stage", record.stage), values.pop("owner", record.owner)
        if owner != record.owner:
            access.authorize(self.request.user, "transfer", record)
        changed = services.update_opportunity(record, actor=self.actor, expected=expected, **values)
        if stage.pk != changed.stage_id:
            changed = services.move_opportunity(changed, to=stage, actor=self.actor, confirmed=True)
        if owner != record.owner:
            identity.assign([changed], owner=owner, actor=self.actor)
        return changed

    def delete_record(self, record: Opportunity, expected: int | None) -> None:
        services.delete_opportunity(record, actor=self.actor, expected=expected)

    @extend_schema(request=MoveSerializer, responses=OpportunitySerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Move the opportunity to another open stage of its pipeline."""
        record = self.record("change")
        data = self._sent(MoveSerializer)
        services.move_opportunity(
            record,
            to=data["stage"],
            actor=self.actor,
            expected=data["version"],
            confirmed=data["confirmed"],
        )
        return self.answer(self.reread(record))

    @extend_schema(request=WinSerializer, responses=OpportunitySerializer)
    @action(detail=True, methods=["post"])
    def win(self, request: Request, pk: str) -> Response:
        """Close the opportunity as won."""
        record = self.record("change")
        services.win_opportunity(record, actor=self.actor, **self._sent(WinSerializer))
        return self.answer(self.reread(record))

    @extend_schema(request=LoseSerializer, responses=OpportunitySerializer)
    @action(detail=True, methods=["post"])
    def lose(self, request: Request, pk: str) -> Response:
        """Close the opportunity as lost."""
        record = self.record("change")
        services.lose_opportunity(record, actor=self.actor, **self._sent(LoseSerializer))
        return self.answer(self.reread(record))

    @extend_schema(request=InvalidSerializer, responses=OpportunitySerializer)
    @action(detail=True, methods=["post"])
    def invalidate(self, request: Request, pk: str) -> Response:
        """Say that it never was an opportunity."""
        record = self.record("change")
        services.invalidate_opportunity(record, actor=self.actor, **self._sent(InvalidSerializer))
        return self.answer(self.reread(record))

    @extend_schema(request=None, responses=OpportunitySerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Open a closed opportunity again, in the stage it was closed from."""
        record = self.record("change")
        services.reopen_opportunity(record, actor=self.actor)
        return self.answer(self.reread(record))

    def _sent(self, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


ROUTES = [("opportunities", OpportunityViewSet)]
