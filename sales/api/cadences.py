"""REST: cadences with their steps, and who is taken through them, over the same lists, rights and services as their pages."""

from typing import Any, ClassVar

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Contact
from crm.identity import access
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from sales import services
from sales.listings.cadences import CADENCES, ENROLMENTS
from sales.models import Cadence, CadenceStep, Enrolment, Lead


class StepSerializer(serializers.ModelSerializer):
    """One step: its kind, the working days after the one before, its words."""

    class Meta:
        model = CadenceStep
        fields = ["id", "kind", "delay_days", "subject", "body"]
        extra_kwargs = {"id": {"read_only": False, "required": False}}


class CadenceSerializer(RecordSerializer):
    """A cadence with its steps in their order; `steps` in a body replaces them all, one with its `id` stays the same one."""

    steps = StepSerializer(many=True, required=False)

    class Meta:
        model = Cadence
        fields = [
            "id", "name", "description", "is_active", "language", "send_from", "send_until", "stops_on_meeting",
            "stops_on_stage", "stops_on_owner", "stops_with_company", "steps", "version", "created_at", "updated_at",
        ]  # fmt: skip
        extra_kwargs = {"name": {"validators": []}}


class CadenceViewSet(Creates, Updates, Deletes, RecordViewSet):
    """Cadences: sequences of mails and tasks by which somebody is followed up with."""

    listing = CADENCES
    serializer_class = CadenceSerializer
    prefetch = ("steps",)

    def create_record(self, values: dict[str, Any]) -> Cadence:
        return self._save(None, values, None)

    def update_record(self, record: Cadence, values: dict[str, Any], expected: int | None) -> Cadence:
        return self._save(record, values, expected)

    def delete_record(self, record: Cadence, expected: int | None) -> None:
        services.delete_cadence(record, actor=self.actor, expected=expected)

    @transaction.atomic
    def _save(self, record: Cadence | None, values: dict[str, Any], expected: int | None) -> Cadence:
        steps = values.pop("steps", None)
        cadence = services.save_cadence(record, actor=self.actor, expected=expected, **values)
        if steps is not None:
            services.replace_steps(cadence, steps, actor=self.actor)
            cadence.refresh_from_db()
        return cadence


class EnrolmentSerializer(RecordSerializer):
    """Somebody in a cadence: a contact or a lead. `owner` is in whose name mails leave."""

    cadence = VisibleRelatedField(queryset=Cadence.objects.all())
    contact = VisibleRelatedField(queryset=Contact.objects.all(), required=False, allow_null=True)
    lead = VisibleRelatedField(queryset=Lead.objects.all(), required=False, allow_null=True)
    next_step = VisibleRelatedField(read_only=True)

    class Meta:
        model = Enrolment
        fields = [
            "id", "cadence", "contact", "customer", "lead", "owner", "team", "state", "reason", "next_step", "next_at",
            "started_at", "ended_at", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = [
            "customer", "owner", "team", "state", "reason", "next_at", "started_at", "ended_at",
        ]  # fmt: skip
        validators: ClassVar[list] = []  # the service says in words what the constraints refuse

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("contact")) == bool(attrs.get("lead")):
            raise serializers.ValidationError({"contact": [_("Name a contact or a lead, not both.")]})
        return attrs


class EnrolmentViewSet(Creates, RecordViewSet):
    """Who is taken through cadences."""

    listing = ENROLMENTS
    serializer_class = EnrolmentSerializer

    def create_record(self, values: dict[str, Any]) -> Enrolment:
        who = values.get("contact") or values.get("lead")
        assert who is not None
        access.authorize(self.request.user, "change", who)
        return services.enrol(who, values["cadence"], actor=self.actor)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Let nothing more happen until it is resumed."""
        return self._done(services.pause(self.record("change"), actor=self.actor))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on where it was paused."""
        return self._done(services.resume(self.record("change"), actor=self.actor))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """End it for good."""
        return self._done(services.stop(self.record("change"), actor=self.actor))

    def _done(self, record: Enrolment) -> Response:
        return self.answer(self.reread(record))


ROUTES = [("cadences", CadenceViewSet), ("enrolments", EnrolmentViewSet)]
