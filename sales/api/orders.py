"""REST: orders and contracts with their lines, over the same list, rights and services as their pages."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Contact, Customer
from crm.core.writes import RuleBroken
from crm.identity import access
from crm.identity import services as identity
from crm.identity.models import User
from crm.listing.custom.rest import CustomObject
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from sales import services
from sales.api.lines import LinesField, drafts_from
from sales.listings.orders import ORDERS
from sales.models import CloseReason, Opportunity, Order, OrderKind

SUMS = ["listed", "amount", "net", "tax", "discount"]


class OrderSerializer(RecordSerializer):
    """An order or contract as the API speaks of it; amounts follow from its lines."""

    kind = serializers.ChoiceField(choices=OrderKind.choices, required=False)
    number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    name = serializers.CharField(max_length=200, required=False)
    customer = VisibleRelatedField(queryset=Customer.objects.all())
    contact = VisibleRelatedField(queryset=Contact.objects.all(), required=False, allow_null=True)
    opportunity = VisibleRelatedField(queryset=Opportunity.objects.all(), required=False, allow_null=True)
    quote = VisibleRelatedField(read_only=True)
    renews = VisibleRelatedField(read_only=True)
    owner = VisibleRelatedField(queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    team = VisibleRelatedField(read_only=True)
    lines = LinesField()
    custom = CustomObject()

    class Meta:
        model = Order
        fields = [
            "id", "kind", "number", "revision", "name", "customer", "contact", "opportunity", "quote", "renews", "status",
            "currency", "tax_included", "signed_date", "effective_date", "start_date", "end_date", "closed_date",
            "close_reason", "payment_terms", "delivery_terms", "note", "external_id", "lines", *SUMS, "owner", "team",
            "custom", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["revision", "status", "effective_date", "closed_date", "close_reason", *SUMS]
        extra_kwargs = {"external_id": {"validators": []}}
        validators: list[Any] = []


class SignSerializer(serializers.Serializer):
    """When it was signed, and what won the deal."""

    signed_date = serializers.DateField(required=False, allow_null=True, default=None)
    reason = serializers.ChoiceField(
        choices=CloseReason.choices, required=False, allow_blank=True, default=""
    )


class ReasonSerializer(serializers.Serializer):
    """Why."""

    reason = serializers.CharField(max_length=300)


class OrderViewSet(Creates, Updates, Deletes, RecordViewSet):
    """Orders and contracts, with their lines."""

    listing = ORDERS
    serializer_class = OrderSerializer
    prefetch = ("lines",)

    def create_record(self, values: dict[str, Any]) -> Order:
        user = self.request.user
        owner = values.pop("owner", None) or user
        if owner.pk != user.pk:
            access.require_verb(user, "transfer", Order)
        lines = drafts_from(values) or []
        customer = values.pop("customer")
        return services.create_order(customer, actor=self.actor, owner=owner, lines=lines, **values)

    def update_record(self, record: Order, values: dict[str, Any], expected: int | None) -> Order:
        owner = values.pop("owner", record.owner)
        given = (owner and owner.pk) != record.owner_id
        if given:
            access.authorize(self.request.user, "transfer", record)
        for name in ("customer", "kind", "number"):
            if values.pop(name, getattr(record, name)) != getattr(record, name):
                raise RuleBroken(_("This stays as it was made."), field=name)
        lines = drafts_from(values)
        changed = services.update_order(record, actor=self.actor, expected=expected, lines=lines, **values)
        if given:
            identity.assign([changed], owner=owner, actor=self.actor)
        return changed

    def delete_record(self, record: Order, expected: int | None) -> None:
        services.delete_order(record, actor=self.actor, expected=expected)

    @extend_schema(request=SignSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: str) -> Response:
        """Note that an approved order was signed: it counts as sold from that day."""
        return self._do(services.sign_order, SignSerializer)

    @extend_schema(request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def fulfil(self, request: Request, pk: str) -> Response:
        """Fulfilment has begun."""
        return self._do(services.fulfil_order)

    @extend_schema(request=None, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Everything agreed is done."""
        return self._do(services.complete_order)

    @extend_schema(request=ReasonSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def amend(self, request: Request, pk: str) -> Response:
        """Open what is decided for a change, as a new version."""
        return self._do(services.amend_order, ReasonSerializer)

    @extend_schema(request=ReasonSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def terminate(self, request: Request, pk: str) -> Response:
        """End a running contract before its time."""
        return self._do(services.terminate_order, ReasonSerializer)

    @extend_schema(request=ReasonSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str) -> Response:
        """Declare that it never counted."""
        return self._do(services.void_order, ReasonSerializer)

    @extend_schema(request=None, responses={201: OrderSerializer})
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, pk: str) -> Response:
        """Begin the next term; the answer is that draft."""
        record = self.record("change")
        access.require_verb(request.user, "add", Order)
        made = services.renew_order(record, actor=self.actor)
        return self.answer(self.reread(made), 201)

    def _do(
        self, service: Callable[..., Order], kind: type[serializers.Serializer] | None = None
    ) -> Response:
        record = self.record("change")
        values: dict[str, Any] = {}
        if kind is not None:
            serializer = kind(data=self.request.data, context=self.get_serializer_context())
            serializer.is_valid(raise_exception=True)
            values = dict(serializer.validated_data)
        service(record, actor=self.actor, **values)
        return self.answer(self.reread(record))


ROUTES = [("orders", OrderViewSet)]
