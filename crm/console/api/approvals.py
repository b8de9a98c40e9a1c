"""REST of approvals: submit, decide, hand on, keep informed; the flows for administrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from crm.approvals import queries, services
from crm.approvals.models import ApprovalRequest
from crm.approvals.queries.path import PATH
from crm.approvals.registry import kind_of
from crm.approvals.services.handling import AFTER, BEFORE
from crm.console.approval_listing import APPROVALS
from crm.core.languages import in_reader_language
from crm.core.writes import RuleBroken
from crm.identity import access
from crm.identity.models import User
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import RecordViewSet


class TaskSerializer(serializers.Serializer):
    """One approver's part."""

    approver = serializers.IntegerField(source="approver_id")
    approver_name = serializers.CharField(source="approver.name")
    instead_of = serializers.IntegerField(source="instead_of_id", allow_null=True)
    state = serializers.CharField()
    comment = serializers.CharField()
    opened_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class StepSerializer(serializers.Serializer):
    """One step, with whom it asks."""

    id = serializers.IntegerField(source="step.pk")
    name = serializers.CharField(source="label")
    mode = serializers.CharField(source="step.mode")
    state = serializers.CharField()
    tasks = TaskSerializer(many=True)


class ApprovalSerializer(RecordSerializer):
    """A request for approval: what it is about as it was when it was submitted, its steps, what came of it."""

    record = serializers.IntegerField(source="subject_id", read_only=True)
    submitter_name = serializers.CharField(source="submitter.name", read_only=True)
    title = serializers.CharField(source="shown_title", read_only=True)
    summary = serializers.CharField(source="shown_summary", read_only=True)
    facts = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()

    class Meta:
        model = ApprovalRequest
        fields = [
            "id", "kind", "record", "title", "summary", "amount", "currency", "facts", "note", "state", "round",
            "submitter", "submitter_name", "team", "flow", "flow_version", "steps", "nudges", "trouble",
            "submitted_at", "decided_at", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema(responses={"type": "object", "additionalProperties": True})
    def get_facts(self, approval: ApprovalRequest) -> dict[str, Any]:
        """What was measured, words of ours in the reader's language."""
        return {name: in_reader_language(value) for name, value in approval.facts.items() if name != "said"}

    @extend_schema(responses=StepSerializer(many=True))
    def get_steps(self, approval: ApprovalRequest) -> Any:
        """The steps in their order."""
        return StepSerializer(queries.path_of(approval), many=True).data


class SubmitSerializer(serializers.Serializer):
    """Which record is submitted: its kind as the registry names it, its id, what approvers should know, and for which of several things."""

    kind = serializers.CharField(max_length=40)
    record = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    choice = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class ApprovalDecisionSerializer(serializers.Serializer):
    """A decision: a word with it, and the version it was made on where that matters."""

    comment = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    version = serializers.IntegerField(required=False, allow_null=True, default=None)


class ApprovalReturnSerializer(ApprovalDecisionSerializer):
    """Back to an earlier step (its id), without one to who submitted it."""

    step = serializers.IntegerField(required=False, allow_null=True, default=None)


class ApprovalTransferSerializer(ApprovalDecisionSerializer):
    """Who decides instead."""

    to = VisibleRelatedField(queryset=User.objects.all())


class SignerSerializer(ApprovalTransferSerializer):
    """Who is asked as well, and whether before or after the caller."""

    place = serializers.ChoiceField(choices=[BEFORE, AFTER], default=BEFORE)


class CopySerializer(serializers.Serializer):
    """Who is kept informed."""

    people = VisibleRelatedField(queryset=User.objects.all(), many=True)


class CommentSerializer(serializers.Serializer):
    """A word about the request."""

    comment = serializers.CharField(max_length=500)


class ApprovalViewSet(RecordViewSet):
    """Requests for approval: the set of the page with all approvals."""

    listing = APPROVALS
    serializer_class = ApprovalSerializer
    prefetch = PATH

    @extend_schema(request=SubmitSerializer, responses={201: ApprovalSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Submit a record; 409 where one is pending already or nobody could approve it."""
        access.require_verb(request.user, "add", ApprovalRequest)
        form = SubmitSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        kind = kind_of(given["kind"])
        if kind is None:
            raise ValidationError({"kind": [_("Records of this kind are not approved.")]})
        subject = access.visible(kind.model, request.user).filter(pk=given["record"]).first()
        if subject is None:
            raise ValidationError({"record": [_("There is no such record.")]})
        if not kind.may_submit(request.user, subject):
            raise PermissionDenied
        made = services.submit(
            kind.key,
            subject,
            submitter=request.user,
            actor=self.actor,
            note=given["note"],
            detail={"choice": given["choice"]} if kind.choices else None,
        )
        return self.made(self.reread(made))

    def _do(
        self, verb: str, form_class: type[serializers.Serializer], call: Callable[..., ApprovalRequest]
    ) -> Response:
        """One act on one request: who is not asked is refused, whatever the role."""
        approval = self.record(verb)
        form = form_class(data=self.request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        if "version" in values:
            values["expected"] = values.pop("version")
        try:
            done = call(approval, values)
        except RuleBroken as error:
            if error.code == "not_yours":
                raise PermissionDenied from error
            raise
        return self.answer(self.reread(done))

    def _own(self, service: Callable[..., ApprovalRequest]) -> Callable[..., ApprovalRequest]:
        """A service in the name of the caller."""
        return lambda approval, values: service(approval, user=self.request.user, actor=self.actor, **values)

    @extend_schema(request=ApprovalDecisionSerializer, responses={200: ApprovalSerializer})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Agree to what waits for the caller; again changes nothing."""
        return self._do("approve", ApprovalDecisionSerializer, self._own(services.approve))

    @extend_schema(request=ApprovalDecisionSerializer, responses={200: ApprovalSerializer})
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Refuse, with the reason in `comment`."""
        return self._do("approve", ApprovalDecisionSerializer, self._own(services.reject))

    @extend_schema(request=ApprovalReturnSerializer, responses={200: ApprovalSerializer})
    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Request, pk: str) -> Response:
        """Send back, with the reason in `comment`."""
        return self._do("approve", ApprovalReturnSerializer, self._own(services.send_back))

    @extend_schema(request=ApprovalDecisionSerializer, responses={200: ApprovalSerializer})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take back what the caller submitted, as long as it is pending."""
        return self._do("view", ApprovalDecisionSerializer, self._own(services.withdraw))

    @extend_schema(request=ApprovalTransferSerializer, responses={200: ApprovalSerializer})
    @action(detail=True, methods=["post"])
    def transfer(self, request: Request, pk: str) -> Response:
        """Let somebody else decide."""
        return self._do("approve", ApprovalTransferSerializer, self._own(services.transfer))

    @extend_schema(request=SignerSerializer, responses={200: ApprovalSerializer})
    @action(detail=True, methods=["post"], url_path="add-signer")
    def add_signer(self, request: Request, pk: str) -> Response:
        """Ask one more person."""
        call = self._own(services.add_signer)
        return self._do(
            "approve", SignerSerializer, lambda approval, v: call(approval, v | {"who": v.pop("to")})
        )

    @extend_schema(request=None, responses={200: ApprovalSerializer})
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, pk: str) -> Response:
        """Undo the caller's own decision while nobody has decided after it."""
        return self._do("approve", serializers.Serializer, self._own(services.take_back))

    @extend_schema(request=None, responses={200: ApprovalSerializer})
    @action(detail=True, methods=["post"])
    def nudge(self, request: Request, pk: str) -> Response:
        """Remind those who are asked."""
        return self._do(
            "nudge", serializers.Serializer, lambda approval, _v: services.nudge(approval, actor=self.actor)
        )

    @extend_schema(request=CopySerializer, responses={200: ApprovalSerializer})
    @action(detail=True, methods=["post"])
    def copy(self, request: Request, pk: str) -> Response:
        """Keep people informed: who submitted it, and who is asked, may."""
        return self._do("view", CopySerializer, self._copy)

    def _copy(self, approval: ApprovalRequest, values: dict[str, Any]) -> ApprovalRequest:
        user = self.request.user
        asked = approval.tasks.filter(approver=user, state="open").exists()
        if not asked and approval.submitter_id != user.pk:
            raise PermissionDenied
        return services.copy_to(approval, actor=self.actor, **values)

    @extend_schema(request=CommentSerializer, responses={200: ApprovalSerializer})
    @action(detail=True, methods=["post"])
    def comment(self, request: Request, pk: str) -> Response:
        """Say something about a request."""
        return self._do(
            "comment",
            CommentSerializer,
            lambda approval, values: services.comment_on(approval, actor=self.actor, **values),
        )


ROUTES = [("approvals", ApprovalViewSet)]
