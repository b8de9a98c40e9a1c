"""REST: payment plans and receipts, over the same lists, rights and services as their pages."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.core.clock import company_today
from crm.core.writes import RuleBroken
from crm.identity.models import User
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from sales import services
from sales.api.orders import ReasonSerializer
from sales.listings.payments import PAYMENTS, RECEIPTS
from sales.models import Order, PaymentMethod, PaymentPlan, Receipt
from sales.queries.payments import may_bill, may_correct, settled


class PaymentPlanSerializer(RecordSerializer):
    """One instalment; what it has received follows from the confirmed receipts."""

    order = VisibleRelatedField(queryset=Order.objects.all())
    currency = serializers.CharField(source="order.currency", read_only=True)
    status = serializers.SerializerMethodField()
    days_overdue = serializers.SerializerMethodField()

    class Meta:
        model = PaymentPlan
        fields = [
            "id", "order", "due_date", "amount", "currency", "received", "status", "days_overdue", "note", "version",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["received"]

    @extend_schema_field(serializers.ChoiceField(choices=["unpaid", "partial", "paid"]))
    def get_status(self, row: PaymentPlan) -> str:
        return settled(row, company_today()).status

    def get_days_overdue(self, row: PaymentPlan) -> int:
        return settled(row, company_today()).days_overdue


class ReceiptSerializer(RecordSerializer):
    """Money that came in, negative where it went back."""

    order = VisibleRelatedField(queryset=Order.objects.all())
    currency = serializers.CharField(source="order.currency", read_only=True)
    received_date = serializers.DateField(required=False)
    method = serializers.ChoiceField(choices=PaymentMethod.choices, required=False)
    confirmed_by = VisibleRelatedField(read_only=True)

    class Meta:
        model = Receipt
        fields = [
            "id", "order", "received_date", "amount", "currency", "method", "reference", "note", "status", "confirmed_at",
            "confirmed_by", "void_reason", "external_id", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["status", "confirmed_at", "void_reason"]
        extra_kwargs = {"external_id": {"validators": []}}
        validators: list[Any] = []


class Drafted:
    """Drafts are corrected by who may draft them as well, whatever the rights of their role."""

    def record(self, action: str = "view") -> Any:
        """The record of the address: 404 when hidden or absent, 403 when the action is not allowed."""
        if action not in ("change", "delete"):
            return super().record(action)  # type: ignore[misc]
        record = super().record()  # type: ignore[misc]
        if not may_correct(self.request.user, record, action):  # type: ignore[attr-defined]
            raise PermissionDenied
        return record


class PaymentPlanViewSet(Drafted, Creates, Updates, Deletes, RecordViewSet):
    """What is due of an order, and when."""

    listing = PAYMENTS
    serializer_class = PaymentPlanSerializer

    def create_record(self, values: dict[str, Any]) -> PaymentPlan:
        order = values["order"]
        _check_bills(self.request.user, order, PaymentPlan)
        row = (values["due_date"], values["amount"], values.get("note", ""))
        return services.plan_payments(order, [row], actor=self.actor)[0]

    def update_record(self, record: PaymentPlan, values: dict[str, Any], expected: int | None) -> PaymentPlan:
        _stays(record, values)
        return services.change_instalment(record, actor=self.actor, expected=expected, **values)

    def delete_record(self, record: PaymentPlan, expected: int | None) -> None:
        services.remove_instalment(record, actor=self.actor, expected=expected)


class ReceiptViewSet(Drafted, Creates, Updates, RecordViewSet):
    """What came in for orders."""

    listing = RECEIPTS
    serializer_class = ReceiptSerializer

    def create_record(self, values: dict[str, Any]) -> Receipt:
        order = values.pop("order")
        _check_bills(self.request.user, order, Receipt)
        return services.record_receipt(order, actor=self.actor, **values)

    def update_record(self, record: Receipt, values: dict[str, Any], expected: int | None) -> Receipt:
        _stays(record, values)
        return services.update_receipt(record, actor=self.actor, expected=expected, **values)

    @extend_schema(request=None, responses=ReceiptSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Finance has seen the money: it counts from now on."""
        record = self.record("confirm")
        services.confirm_receipt(record, actor=self.actor)
        return self.answer(self.reread(record))

    @extend_schema(request=ReasonSerializer, responses=ReceiptSerializer)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str) -> Response:
        """Declare that it never came in."""
        record = self.record("change")
        serializer = ReasonSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        services.void_receipt(record, actor=self.actor, **serializer.validated_data)
        return self.answer(self.reread(record))


def _check_bills(user: User, order: Order, model: type[models.Model]) -> None:
    if not may_bill(user, order, model):
        raise PermissionDenied


def _stays(record: PaymentPlan | Receipt, values: dict[str, Any]) -> None:
    if values.pop("order", record.order) != record.order:
        raise RuleBroken(_("This stays as it was made."), field="order")


ROUTES = [("payment-plans", PaymentPlanViewSet), ("receipts", ReceiptViewSet)]
