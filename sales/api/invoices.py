"""REST: invoices, over the same list, rights and services as their pages."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.core.writes import RuleBroken
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, RecordViewSet, Updates
from sales import services
from sales.api.orders import ReasonSerializer
from sales.listings.invoices import INVOICES
from sales.models import Invoice, InvoiceAmount, InvoiceKind, Order
from sales.queries.payments import may_bill, may_correct

ONCE = ("amount", "amounts", "order")  # what an invoice is over stays as it was applied for


class InvoiceAmountSerializer(serializers.ModelSerializer):
    """What of it is taxed at one rate."""

    rate = serializers.DecimalField(
        max_digits=5, decimal_places=4, min_value=Decimal(0), max_value=Decimal(1)
    )

    class Meta:
        model = InvoiceAmount
        fields = ["rate", "amount", "net", "tax"]
        read_only_fields = ["net", "tax"]


class InvoiceSerializer(RecordSerializer):
    """An invoice; over `amount`, spread over the contract's rates, or over `amounts` by rate, or over all that is left."""

    order = VisibleRelatedField(queryset=Order.objects.all())
    currency = serializers.CharField(source="order.currency", read_only=True)
    kind = serializers.ChoiceField(choices=InvoiceKind.choices, required=False)
    title = serializers.CharField(max_length=200, required=False)
    amount = serializers.DecimalField(max_digits=18, decimal_places=2, required=False)
    amounts = InvoiceAmountSerializer(many=True, required=False)
    reverses = VisibleRelatedField(read_only=True)
    applied_by = VisibleRelatedField(read_only=True)
    issued_by = VisibleRelatedField(read_only=True)

    class Meta:
        model = Invoice
        fields = [
            "id", "order", "kind", "status", "title", "tax_number", "bank", "address", "content", "send_to", "note",
            "currency", "amount", "net", "tax", "amounts", "number", "issued_date", "delivered_date", "reason",
            "reverses", "applied_by", "issued_by", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["status", "net", "tax", "number", "issued_date", "delivered_date", "reason"]


class IssueSerializer(serializers.Serializer):
    """The tax office's number, and the day (today unless given)."""

    number = serializers.CharField(max_length=40)
    issued_date = serializers.DateField(required=False, allow_null=True, default=None)


class ReverseSerializer(IssueSerializer):
    """The number of the negative invoice, over how much (all that is left unless given), and why."""

    amount = serializers.DecimalField(max_digits=18, decimal_places=2, required=False, default=None)
    reason = serializers.CharField(max_length=300)


class DeliverSerializer(serializers.Serializer):
    """The day the customer got it."""

    delivered_date = serializers.DateField(required=False, allow_null=True, default=None)


class InvoiceViewSet(Creates, Updates, RecordViewSet):
    """Invoices for orders."""

    listing = INVOICES
    serializer_class = InvoiceSerializer
    prefetch = ("amounts",)

    def create_record(self, values: dict[str, Any]) -> Invoice:
        order = values.pop("order")
        if not may_bill(self.request.user, order, Invoice):
            raise PermissionDenied
        rows = values.pop("amounts", None)
        amounts = None if rows is None else {one["rate"]: one["amount"] for one in rows}
        return services.apply_for_invoice(order, actor=self.actor, amounts=amounts, **values)

    def update_record(self, record: Invoice, values: dict[str, Any], expected: int | None) -> Invoice:
        for name in ONCE:
            if name in values and (name == "amounts" or values[name] != getattr(record, name)):
                raise RuleBroken(_("This stays as it was made."), field=name)
            values.pop(name, None)
        return services.update_invoice(record, actor=self.actor, expected=expected, **values)

    @extend_schema(request=IssueSerializer, responses=InvoiceSerializer)
    @action(detail=True, methods=["post"])
    def issue(self, request: Request, pk: str) -> Response:
        """Finance has issued it: it counts from now on."""
        return self._do(services.issue_invoice, IssueSerializer)

    @extend_schema(request=DeliverSerializer, responses=InvoiceSerializer)
    @action(detail=True, methods=["post"])
    def deliver(self, request: Request, pk: str) -> Response:
        """The customer has it."""
        return self._do(services.deliver_invoice, DeliverSerializer)

    @extend_schema(request=ReasonSerializer, responses=InvoiceSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Finance does not issue it, and says why."""
        return self._do(services.reject_invoice, ReasonSerializer)

    @extend_schema(request=ReasonSerializer, responses=InvoiceSerializer)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str) -> Response:
        """Void a paper invoice in the month it was issued."""
        return self._do(services.void_invoice, ReasonSerializer)

    @extend_schema(request=ReverseSerializer, responses={201: InvoiceSerializer})
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, pk: str) -> Response:
        """Issue a negative invoice against it; the answer is that one."""
        record = self.record("issue")
        made = services.reverse_invoice(record, actor=self.actor, **self._read(ReverseSerializer))
        return self.answer(self.reread(made), 201)

    @extend_schema(request=None, responses=InvoiceSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take an application back before it is issued."""
        record = self.record("view")
        if not may_correct(request.user, record):
            raise PermissionDenied
        services.withdraw_invoice(record, actor=self.actor)
        return self.answer(self.reread(record))

    def _do(self, service: Callable[..., Invoice], kind: type[serializers.Serializer]) -> Response:
        record = self.record("issue")
        service(record, actor=self.actor, **self._read(kind))
        return self.answer(self.reread(record))

    def _read(self, kind: type[serializers.Serializer]) -> dict[str, Any]:
        serializer = kind(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


ROUTES = [("invoices", InvoiceViewSet)]
