"""REST: what a pool adds to leads and customers, and the pools themselves."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.customers import CustomerSerializer, with_parts
from accounts.listings import CUSTOMERS
from accounts.models import Customer
from crm.identity import services as identity
from crm.identity.models import User
from crm.listing.rest.serializers import VisibleRelatedField
from crm.listing.rest.viewsets import RecordActions
from sales import services
from sales.api.leads import LeadSerializer
from sales.listings.leads import LEADS
from sales.models.choices import RETURN_REASONS


class ReturnSerializer(serializers.Serializer):
    """Why a record goes back to the pool."""

    reason = serializers.ChoiceField(choices=RETURN_REASONS)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class PoolActions(RecordActions):
    """Claiming from a pool and giving back to it, for whatever kind of record lies there."""

    adds = "pool"

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        """Take the record out of its pool for oneself; 409 where somebody owns it already or a limit is reached."""
        record = self.record()
        claimed = services.claim(record, user=request.user, actor=self.actor)
        return self.answer(self.reread(claimed))

    @extend_schema(request=ReturnSerializer)
    @action(detail=True, methods=["post"], url_path="return-to-pool")
    def return_to_pool(self, request: Request, pk: str) -> Response:
        """Give the record back to the pool, with the reason."""
        record = self.record("transfer")
        form = ReturnSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        returned = services.return_to_pool(record, actor=self.actor, **form.validated_data)
        return self.answer(self.reread(returned))


class CustomerPoolViewSet(PoolActions):
    """Customers and the pool."""

    listing = CUSTOMERS
    serializer_class = CustomerSerializer

    def describe(self, record: Customer) -> Any:
        return self.get_serializer(with_parts(record)).data


class AssignSerializer(serializers.Serializer):
    """To whom a lead goes; without a name the rules decide."""

    owner = VisibleRelatedField(queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    keep_reader = serializers.BooleanField(default=False)


class LeadPoolViewSet(PoolActions):
    """Leads, the pool and the rules by which they are shared out."""

    listing = LEADS
    serializer_class = LeadSerializer

    @extend_schema(request=AssignSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Give the lead to a colleague, or by the assignment rules to whoever's turn it is."""
        record = self.record("transfer")
        form = AssignSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        owner = form.validated_data.get("owner")
        if owner is None:
            services.assign_by_rules([record], actor=self.actor)
        else:
            keep = form.validated_data["keep_reader"]
            identity.assign([record], owner=owner, keep_reader=keep, actor=self.actor)
        return self.answer(self.reread(record))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Take up a lead that was assigned, before its deadline."""
        record = self.record("change")
        services.accept_lead(record, actor=self.actor)
        return self.answer(self.reread(record))


ROUTES = [("customers", CustomerPoolViewSet), ("leads", LeadPoolViewSet)]
