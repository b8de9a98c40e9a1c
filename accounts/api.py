"""REST: customers, contacts and follow-ups, over the same lists, rights and services as their pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.activity_api import ActivityViewSet, TimelineMixin
from accounts.listings import CONTACTS, CUSTOMERS
from accounts.models import Contact, Customer
from accounts.models.choices import Kind
from accounts.queries import customers as queries
from accounts.queries.duplicates import Match, disclosed, find
from accounts.queries.merging import last_merge, successor
from accounts.rules import matching
from accounts.rules.merging import LOSER, WINNER
from accounts.views import cards
from accounts.views.duplicates import keys_from
from crm.core.writes import RuleBroken, check_version
from crm.identity import access
from crm.identity import fields as field_rights
from crm.identity import services as identity
from crm.identity.models import Team, User
from crm.listing.custom.rest import CustomObject
from crm.listing.rest.errors import Problem
from crm.listing.rest.revealing import RevealMixin
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from crm.records.field_access import editable as fields_to_edit
from crm.records.models import Industry, Region, Tag
from crm.records.queries.reference import industry_finder, region_finder

GUARD = services.Guard(ask=False)  # what only warns passes: the caller can ask beforehand


@extend_schema_field({"type": "string"})
class CodeField(serializers.Field):
    """Reference data by its code; a name is understood too."""

    default_error_messages = {"unknown": _("There is no “%(value)s”.")}

    def __init__(self, model: type[Any], finder: Any, **kwargs: Any) -> None:
        self.model, self.finder = model, finder
        super().__init__(**kwargs)

    def to_representation(self, value: Any) -> str:
        return value.pk

    def to_internal_value(self, data: Any) -> Any:
        text = str(data).strip()[:200] if isinstance(data, str | int) and not isinstance(data, bool) else ""
        rows = access.visible(self.model, self.context["request"].user)
        found = rows.filter(pk=text).first() if text and "\x00" not in text else None
        if found is None and text and "\x00" not in text:
            code = self.finder().code(text)
            found = rows.filter(pk=code).first() if code else None
        if found is None:
            raise serializers.ValidationError(str(_("There is no “%(value)s”.")) % {"value": text})
        return found


@extend_schema_field({"type": "array", "items": {"type": "integer"}})
class TagsField(serializers.Field):
    """A customer's tags by id; names of tags are understood too."""

    def to_representation(self, value: Any) -> list[int]:
        return [label["id"] for label in value]

    def to_internal_value(self, data: Any) -> list[Tag]:
        if not isinstance(data, list) or len(data) > 100:
            raise serializers.ValidationError(str(_("Give a list of tags.")))
        rows = access.visible(Tag, self.context["request"].user)
        found = []
        for one in data:
            text = str(one)[:100].replace("\x00", "")
            by_id = isinstance(one, int) and not isinstance(one, bool) and 0 < one < 2**63
            tag = rows.filter(pk=one).first() if by_id else rows.filter(name__iexact=text).first()
            if tag is None:
                raise serializers.ValidationError(str(_("There is no “%(value)s”.")) % {"value": text})
            found.append(tag)
        return found


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


class CheckSerializer(serializers.Serializer):
    """A customer that is not there yet, as far as it is known; what cannot be right is not looked up."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(choices=["", *Kind.values], required=False, default="")
    uscc = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    email = serializers.CharField(max_length=254, required=False, allow_blank=True, default="")
    contact_phone = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    contact_email = serializers.CharField(max_length=254, required=False, allow_blank=True, default="")


class MergeSerializer(serializers.Serializer):
    """Which customer goes into this one; by field whose value is kept (unsaid: the better one); versions, if seen."""

    loser = VisibleRelatedField(queryset=Customer.objects.all())
    fields = serializers.DictField(
        child=serializers.ChoiceField(choices=[WINNER, LOSER]), required=False, default=dict
    )
    version = serializers.IntegerField(required=False, allow_null=True, default=None)
    loser_version = serializers.IntegerField(required=False, allow_null=True, default=None)


class MatchSerializer(serializers.Serializer):
    """A customer that may be the same; `id` only within one's reach."""

    score = serializers.FloatField()
    outcome = serializers.ChoiceField(choices=[matching.BLOCK, matching.WARN, matching.LINK])
    name = serializers.CharField()
    owner_name = serializers.CharField()
    id = serializers.IntegerField(allow_null=True)


class MatchesSerializer(serializers.Serializer):
    """The customers that may be the same, most likely first."""

    matches = MatchSerializer(many=True)


def described(user: User, matches: list[Match]) -> list[dict[str, Any]]:
    """Matches as the API speaks of them to one person."""
    return [
        {
            "score": float(match.verdict.score),
            "outcome": match.verdict.outcome,
            "name": match.name,
            "owner_name": match.owner_name,
            "id": match.customer_id if match.seen else None,
        }
        for match in disclosed(user, matches)
    ]


def may_choose(user: User, name: str) -> bool:
    """Whether somebody may say whose value of a field a merge keeps: they have to edit that field."""
    if name in services.MERGE_FIELDS:
        return field_rights.may_edit(user, Customer, name)
    return name in {one.name for one in fields_to_edit(user, Customer).values()}


@contextmanager
def refusing(user: User) -> Iterator[None]:
    """A save refused because the record is there already answers 409 with the matches."""
    try:
        yield
    except services.DuplicatesFound as error:
        raise Problem(409, "duplicate", str(error), matches=described(user, error.matches)) from error


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
        check_version(record, expected)
        user, actor = self.request.user, self.actor
        if owner is not None and owner.pk != record.owner_id:
            access.authorize(user, "transfer", record)
        if "first_deal_at" in values:
            services.set_first_deal(record, values.pop("first_deal_at"), actor=actor)
            expected = None
        with refusing(user):
            changed = services.update_customer(record, actor=actor, expected=expected, guard=GUARD, **values)
        if stage and stage != changed.lifecycle_stage:
            try:
                changed = services.change_lifecycle(changed, to=stage, reason=reason, actor=actor)
            except RuleBroken as error:
                error.field = "lifecycle_reason" if error.field == "reason" else "lifecycle_stage"
                raise
        if tags is not None:
            services.set_tags(changed, tags, actor=actor)
        if facts is not None:
            services.set_highlights(changed, facts, actor=actor)
        if owner is not None and owner.pk != record.owner_id:
            services.transfer_customers([changed], owner=owner, actor=actor)
        return changed

    def delete_record(self, record: Customer, expected: int | None) -> None:
        check_version(record, expected)
        services.delete_customer(record, actor=self.actor)

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


class ContactSerializer(RecordSerializer):
    """A contact as the API speaks of them."""

    customer = VisibleRelatedField(queryset=Customer.objects.all())
    custom = CustomObject()

    class Meta:
        model = Contact
        fields = [
            "id",
            "customer",
            "name",
            "title",
            "department",
            "role",
            "phone",
            "email",
            "wechat",
            "is_primary",
            "external_id",
            "last_activity_at",
            "custom",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["last_activity_at"]
        extra_kwargs = {"external_id": {"validators": []}}


class ContactViewSet(RevealMixin, Creates, Updates, Deletes, RecordViewSet):
    """Contacts: the people at customers."""

    listing = CONTACTS
    serializer_class = ContactSerializer

    def create_record(self, values: dict[str, Any]) -> Contact:
        customer, primary = values.pop("customer"), values.pop("is_primary", False)
        access.authorize(self.request.user, "change", customer)
        return services.create_contact(customer, actor=self.actor, is_primary=primary, **values)

    def update_record(self, record: Contact, values: dict[str, Any], expected: int | None) -> Contact:
        primary = values.pop("is_primary", False)
        target = values.get("customer")
        if target is not None and target.pk != record.customer_id:
            access.authorize(self.request.user, "change", record.customer)
            access.authorize(self.request.user, "change", target)
        changed = services.update_contact(record, actor=self.actor, expected=expected, **values)
        if primary and not changed.is_primary:
            if not access.may(self.request.user, "change", changed.customer):
                raise PermissionDenied
            changed = services.set_primary(changed, actor=self.actor)
        return changed

    @extend_schema(responses={(200, "text/vcard"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def card(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The contact as a vCard."""
        return cards.one_card(request._request, self.record())

    @extend_schema(responses={(200, "text/vcard"): OpenApiTypes.BINARY})
    @action(detail=False, methods=["get"])
    def cards(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The contacts named by `ids`, or all that the filters of the list leave, as vCards."""
        return cards.chosen_cards(request._request)

    def delete_record(self, record: Contact, expected: int | None) -> None:
        check_version(record, expected)
        services.delete_contact(record, actor=self.actor)


ROUTES = [("customers", CustomerViewSet), ("contacts", ContactViewSet), ("activities", ActivityViewSet)]
