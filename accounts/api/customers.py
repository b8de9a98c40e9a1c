"""REST: customers, over the same list, rights and services as their pages."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api.duplicates import GUARD, CheckSerializer, MatchesSerializer, described, refusing
from accounts.api.reference import CodeField, TagsField
from accounts.api.timeline import TimelineMixin
from accounts.listings import CUSTOMERS
from accounts.models import Customer
from accounts.queries import customers as queries
from accounts.queries.duplicates import find
from accounts.queries.merging import last_merge, successor
from accounts.rules.merging import LOSER, WINNER
from accounts.views.duplicates import keys_from
from crm.core.writes import RuleBroken
from crm.identity import access
from crm.identity import fields as field_rights
from crm.identity import services as identity
from crm.identity.models import Team, User
from crm.listing.custom.rest import CustomObject
from crm.listing.rest.revealing import RevealMixin
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from crm.records.field_access import editable as fields_to_edit
from crm.records.models import Industry, Region
from crm.records.queries.reference import industry_finder, region_finder


class FactSerializer(serializers.Serializer):
    """One key fact."""

    label = serializers.CharField(max_length=20)
    text = serializers.CharField(max_length=200)
    source = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class CustomerSerializer(RecordSerializer):
    """A customer as the API speaks of it."""

    industry = CodeField(Industry, industry_finder, required=False, allow_null=True)
    region = CodeField(Region, region_finder, required=False, allow_null=True)
    tags = TagsField(source="labels", required=False)
    highlights = FactSerializer(many=True, required=False)
    parent = VisibleRelatedField(queryset=Customer.objects.all(), required=False, allow_null=True)
    owner = VisibleRelatedField(queryset=User.objects.filter(is_active=True), required=False)
    team = VisibleRelatedField(read_only=True)
    lifecycle_reason = serializers.CharField(
        max_length=200, required=False, allow_blank=True, write_only=True
    )
    health_band = serializers.CharField(read_only=True, allow_null=True)
    custom = CustomObject()

    class Meta:
        model = Customer
        fields = [
            "id",
            "name",
            "kind",
            "uscc",
            "external_id",
            "tier",
            "intent",
            "lifecycle_stage",
            "lifecycle_reason",
            "industry",
            "region",
            "size",
            "phone",
            "email",
            "website",
            "address",
            "source",
            "source_detail",
            "owner",
            "team",
            "parent",
            "tags",
            "highlights",
            "next_follow_up_at",
            "no_follow_up_reason",
            "last_activity_at",
            "health_score",
            "health_band",
            "first_deal_at",
            "custom",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["next_follow_up_at", "last_activity_at", "health_score"]
        extra_kwargs = {"name": {"allow_blank": False}, "external_id": {"validators": []}}

    def to_representation(self, instance: Customer) -> dict[str, Any]:
        data = super().to_representation(instance)
        data["health_band"] = data["health_band"] or None
        return data


class TransferSerializer(serializers.Serializer):
    """To whom, and whether the previous owner may go on reading."""

    owner = VisibleRelatedField(queryset=User.objects.filter(is_active=True))
    keep_reader = serializers.BooleanField(default=False)


class ShareSerializer(serializers.Serializer):
    """With whom, how far, until when."""

    user = VisibleRelatedField(queryset=User.objects.filter(is_active=True), required=False)
    team = VisibleRelatedField(queryset=Team.objects.departments().filter(is_active=True), required=False)
    level = serializers.ChoiceField(choices=["read", "edit"], default="read")
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class MergeSerializer(serializers.Serializer):
    """Which customer goes into this one; by field whose value is kept (unsaid: the better one); versions, if seen."""

    loser = VisibleRelatedField(queryset=Customer.objects.all())
    fields = serializers.DictField(
        child=serializers.ChoiceField(choices=[WINNER, LOSER]), required=False, default=dict
    )
    version = serializers.IntegerField(required=False, allow_null=True, default=None)
    loser_version = serializers.IntegerField(required=False, allow_null=True, default=None)


def may_choose(user: User, name: str) -> bool:
    """Whether somebody may say whose value of a field a merge keeps: they have to edit that field."""
    if name in services.MERGE_FIELDS:
        return field_rights.may_edit(user, Customer, name)
    return name in {one.name for one in fields_to_edit(user, Customer).values()}


class CustomerViewSet(TimelineMixin, RevealMixin, Creates, Updates, Deletes, RecordViewSet):
    """Customers."""

    listing = CUSTOMERS
    serializer_class = CustomerSerializer

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if args and kwargs.get("many"):
            prefetch_related_objects(args[0], "highlights")
        return super().get_serializer(*args, **kwargs)

    def describe(self, record: Customer) -> Any:
        return self.get_serializer(with_parts(record)).data

    def create_record(self, values: dict[str, Any]) -> Customer:
        tags, facts = values.pop("labels", ()), values.pop("highlights", None)
        values.pop("lifecycle_reason", None)
        user = self.request.user
        owner = values.pop("owner", user)
        if owner != user:
            access.require_verb(user, "transfer", Customer)
        self._only_administrators(values, None)
        with refusing(user):
            made = services.create_customer(actor=self.actor, owner=owner, tags=tags, guard=GUARD, **values)
        customer = made.customer
        if facts:
            services.set_highlights(customer, facts, actor=self.actor)
        return customer

    def update_record(self, record: Customer, values: dict[str, Any], expected: int | None) -> Customer:
        tags, facts = values.pop("labels", None), values.pop("highlights", None)
        stage, reason = values.pop("lifecycle_stage", None), values.pop("lifecycle_reason", "")
        owner = values.pop("owner", None)
        self._only_administrators(values, record)
        user, actor = self.request.user, self.actor
        if owner is not None and owner.pk != record.owner_id:
            access.authorize(user, "transfer", record)
        if "first_deal_at" in values:
            services.set_first_deal(record, values.pop("first_deal_at"), actor=actor, expected=expected)
            expected = None  # it is locked by now
        with refusing(user):
            changed = services.update_customer(record, actor=actor, expected=expected, guard=GUARD, **values)
        if stage and stage != changed.lifecycle_stage:
            try:
                changed = services.change_lifecycle(changed, to=stage, reason=reason, actor=actor)
            except RuleBroken as error:
                error.field = "lifecycle_reason" if error.field == "reason" else "lifecycle_stage"
                raise
        if tags is not None:
            services.set_tags(changed, tags, offered=queries.tags_for(user), actor=actor)
        if facts is not None:
            services.set_highlights(changed, facts, actor=actor)
        if owner is not None and owner.pk != record.owner_id:
            services.transfer_customers([changed], owner=owner, actor=actor)
        return changed

    def delete_record(self, record: Customer, expected: int | None) -> None:
        services.delete_customer(record, actor=self.actor, expected=expected)

    def _only_administrators(self, values: dict[str, Any], record: Customer | None) -> None:
        """When the first deal was is an administrator's word until orders say it."""
        present = record.first_deal_at if record else None
        if values.get("first_deal_at", present) != present and not access.is_administrator(self.request.user):
            raise RuleBroken(_("Only an administrator says when the first deal was."), field="first_deal_at")
        if values.get("first_deal_at", present) == present:
            values.pop("first_deal_at", None)

    @extend_schema(request=CheckSerializer, responses=MatchesSerializer)
    @action(detail=False, methods=["post"], url_path="check-duplicates")
    def check_duplicates(self, request: Request) -> Response:
        """Which customers may be the one described, over the whole base."""
        access.require_verb(request.user, "add", Customer)
        matches = find(keys_from(self._read(CheckSerializer), request.user))
        return Response({"matches": described(request.user, matches)})

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """One customer; one that was merged leads to the customer it became."""
        try:
            return super().retrieve(request, *args, **kwargs)
        except Http404:
            target = successor(request.user, int(self.kwargs["pk"]))
            if target is None:
                raise
        url = reverse("api-customers-detail", args=[target.pk])
        return Response(status=302, headers={"Location": request.build_absolute_uri(url)})

    @extend_schema(request=MergeSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """Take another customer into this one: fields, contacts, follow-ups and everything else that belongs to it."""
        record = self.record("merge")
        data = self._read(MergeSerializer)
        loser = data["loser"]
        access.authorize(request.user, "merge", loser)
        closed = [name for name in data["fields"] if not may_choose(request.user, name)]
        if closed:
            raise RuleBroken(_("There is no such choice."), field="fields")
        versions = {record.pk: data["version"], loser.pk: data["loser_version"]}
        expected = {key: version for key, version in versions.items() if version is not None}
        services.merge_customers(record, loser, picks=data["fields"], expected=expected, actor=self.actor)
        return self.answer(self.reread(record))

    @extend_schema(request=None, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def unmerge(self, request: Request, pk: str) -> Response:
        """Undo the last merge into this customer, within 30 days."""
        record = self.record("merge")
        merge = last_merge(record)
        if merge is None:
            raise RuleBroken(_("There is no merge to undo."), code="undone")
        services.undo_merge(merge, actor=self.actor)
        return self.answer(self.reread(record))

    @extend_schema(request=TransferSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def transfer(self, request: Request, pk: str) -> Response:
        """Give the customer to another owner."""
        record = self.record("transfer")
        data = self._read(TransferSerializer)
        services.transfer_customers(
            [record], owner=data["owner"], keep_reader=data["keep_reader"], actor=self.actor
        )
        return self.answer(self.reread(record))

    @extend_schema(request=ShareSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str) -> Response:
        """Let a colleague or a team read or edit the customer."""
        record = self.record("share")
        data = self._read(ShareSerializer)
        identity.share(
            record,
            user=data.get("user"),
            team=data.get("team"),
            level=data["level"],
            expires_at=data["expires_at"],
            actor=self.actor,
        )
        return self.answer(self.reread(record))

    @extend_schema(request=ShareSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    def unshare(self, request: Request, pk: str) -> Response:
        """Withdraw a share."""
        record = self.record("share")
        data = self._read(ShareSerializer)
        if (data.get("user") is None) == (data.get("team") is None):
            raise RuleBroken(_("Choose a colleague or a team."), field="user")
        identity.unshare(record, user=data.get("user"), team=data.get("team"), actor=self.actor)
        return self.answer(self.reread(record))

    def _read(self, kind: type[serializers.Serializer]) -> dict[str, Any]:
        serializer = kind(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


def with_parts(record: Customer) -> Customer:
    """A customer with its tags and key facts at hand, however it was loaded."""
    if not hasattr(record, "labels"):
        record.labels = queries.labels_of(record)
    return record


ROUTES = [("customers", CustomerViewSet)]
