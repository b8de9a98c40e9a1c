"""REST: leads, over the same list, rights and services as their pages."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.duplicates import GUARD, refusing
from accounts.api.reference import CodeField
from accounts.models import Contact, Customer
from crm.core.writes import RuleBroken
from crm.identity import access
from crm.identity import services as identity
from crm.identity.models import User
from crm.listing.custom.rest import CustomObject
from crm.listing.rest.revealing import RevealMixin
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from crm.records.models import Industry, Region
from crm.records.queries.reference import industry_finder, region_finder
from sales import services
from sales.listings.leads import LEADS
from sales.models import Lead, LeadStatus, Opportunity


class LeadSerializer(RecordSerializer):
    """A lead as the API speaks of it."""

    industry = CodeField(Industry, industry_finder, required=False, allow_null=True)
    region = CodeField(Region, region_finder, required=False, allow_null=True)
    owner = VisibleRelatedField(queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    team = VisibleRelatedField(read_only=True)
    customer = VisibleRelatedField(read_only=True)
    contact = VisibleRelatedField(read_only=True)
    chance_basis = serializers.SerializerMethodField(
        help_text=str(
            gettext_lazy("`learned` from the company's own leads, or `rules` alone, then without a chance.")
        )
    )
    custom = CustomObject()

    class Meta:
        model = Lead
        fields = [
            "id", "name", "company", "title", "phone", "email", "wechat", "website", "industry", "region", "size",
            "source", "last_source", "channel", "campaign", "external_id", "status", "reason", "reason_note", "need",
            "budget", "decides", "expected_at", "score", "fit_score", "engagement_score", "chance", "chance_basis", "owner", "team", "customer",
            "contact", "converted_at", "next_follow_up_at", "last_activity_at", "custom", "version", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = [
            "last_source", "score", "fit_score", "engagement_score", "chance", "converted_at", "next_follow_up_at",
            "last_activity_at",
        ]  # fmt: skip
        extra_kwargs = {"external_id": {"validators": []}}

    def get_chance_basis(self, lead: Lead) -> str:
        """What the lead's chance rests on."""
        return "rules" if lead.chance is None else "learned"


class DealOfLeadSerializer(serializers.Serializer):
    """The deal that is opened with a conversion; what is left out comes from the lead."""

    name = serializers.CharField(max_length=200, required=False)
    amount = serializers.DecimalField(max_digits=16, decimal_places=2, min_value=0, required=False)
    currency = serializers.CharField(max_length=3, required=False)
    expected_close_date = serializers.DateField(required=False)


class ConvertSerializer(serializers.Serializer):
    """What a lead becomes: left out, a new customer and contact are made; a deal where `create_opportunity` or its values say so."""

    customer = VisibleRelatedField(queryset=Customer.objects.all(), required=False, allow_null=True)
    contact = VisibleRelatedField(queryset=Contact.objects.all(), required=False, allow_null=True)
    create_opportunity = serializers.BooleanField(default=False)
    opportunity = DealOfLeadSerializer(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.pop("create_opportunity") and attrs.get("opportunity") is None:
            attrs["opportunity"] = {}
        return attrs


class ConvertedSerializer(LeadSerializer):
    """A converted lead with the deal that was opened."""

    opportunity = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta(LeadSerializer.Meta):
        fields = [*LeadSerializer.Meta.fields, "opportunity"]


class LeadViewSet(RevealMixin, Creates, Updates, Deletes, RecordViewSet):
    """Leads: people who may become customers."""

    listing = LEADS
    serializer_class = LeadSerializer

    def create_record(self, values: dict[str, Any]) -> Lead:
        user = self.request.user
        moved = self._moved(values)
        owner = values.pop("owner", None) or user
        if owner.pk != user.pk:
            access.require_verb(user, "transfer", Lead)
        lead = services.create_lead(actor=self.actor, owner=owner, **values)
        return services.move_lead(lead, actor=self.actor, **moved) if moved else lead

    def update_record(self, record: Lead, values: dict[str, Any], expected: int | None) -> Lead:
        moved = self._moved(values)
        owner = values.pop("owner", record.owner)
        if (owner and owner.pk) != record.owner_id:
            if owner is None:
                raise RuleBroken(_("A lead goes back to the pool at its own address."), field="owner")
            access.authorize(self.request.user, "transfer", record)
        changed = services.update_lead(record, actor=self.actor, expected=expected, **values)
        if moved and moved["to"] != changed.status:
            changed = services.move_lead(changed, actor=self.actor, **moved)
        if (owner and owner.pk) != record.owner_id:
            identity.assign([changed], owner=owner, actor=self.actor)
        return changed

    def delete_record(self, record: Lead, expected: int | None) -> None:
        services.delete_lead(record, actor=self.actor, expected=expected)

    @extend_schema(request=ConvertSerializer, responses=ConvertedSerializer)
    @action(detail=True, methods=["post"])
    def convert(self, request: Request, pk: str) -> Response:
        """Make the lead a customer with a contact, new ones or those named."""
        record = self.record("change")
        access.require_verb(request.user, "add", Customer)
        serializer = ConvertSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        if data.get("customer") is not None:
            access.authorize(request.user, "change", data["customer"])
        if data.get("opportunity") is not None:
            access.require_verb(request.user, "add", Opportunity)
        with refusing(request.user):
            made = services.convert_lead(record, actor=self.actor, owner=request.user, guard=GUARD, **data)
        response = self.answer(self.reread(record))
        response.data["opportunity"] = made.opportunity.pk if made.opportunity else None
        return response

    @extend_schema(request=None, responses=LeadSerializer)
    @action(detail=True, methods=["post"])
    def unconvert(self, request: Request, pk: str) -> Response:
        """Undo a conversion within 24 hours; for administrators."""
        record = self.record("change")
        if not access.is_administrator(request.user):
            raise PermissionDenied
        services.undo_conversion(record, actor=self.actor)
        return self.answer(self.reread(record))

    def _moved(self, values: dict[str, Any]) -> dict[str, str]:
        """The status somebody wrote, as the service takes it; converting has an address of its own."""
        to = values.pop("status", "")
        reason, note = values.pop("reason", ""), values.pop("reason_note", "")
        if to == LeadStatus.CONVERTED:
            raise RuleBroken(_("A lead is converted at its own address, convert/."), field="status")
        return {"to": to, "reason": reason, "note": note} if to and to != LeadStatus.NEW else {}


ROUTES = [("leads", LeadViewSet)]
