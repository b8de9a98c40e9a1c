"""REST: quotes with their lines, over the same list, rights and services as their pages."""

from typing import Any

from django.db import transaction
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
from sales.listings.quotes import QUOTES
from sales.models import Opportunity, Order, OrderKind, PriceBook, Quote
from sales.pages.quotes import public_url
from sales.services.quote_answers import token_from
from sales.services.quote_mail import default_words, mail_quote

SUMS = ["listed", "amount", "net", "tax", "discount"]


class QuoteSerializer(RecordSerializer):
    """A quote as the API speaks of it; amounts follow from its lines."""

    customer = VisibleRelatedField(queryset=Customer.objects.all())
    contact = VisibleRelatedField(queryset=Contact.objects.all(), required=False, allow_null=True)
    opportunity = VisibleRelatedField(queryset=Opportunity.objects.all(), required=False, allow_null=True)
    price_book = VisibleRelatedField(queryset=PriceBook.objects.all(), required=False, allow_null=True)
    owner = VisibleRelatedField(queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    team = VisibleRelatedField(read_only=True)
    name = serializers.CharField(max_length=200, required=False)
    valid_until = serializers.DateField(required=False)
    lines = LinesField()
    custom = CustomObject()

    class Meta:
        model = Quote
        fields = [
            "id", "number", "revision", "name", "customer", "contact", "opportunity", "price_book", "currency",
            "tax_included", "status", "valid_until", "language", "payment_terms", "delivery_terms", "note", "lines",
            *SUMS, "sent_at", "sent_to", "viewed_at", "views", "closed_at", "answered_by", "answer_note", "owner", "team",
            "custom", "version", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = [
            "number", "revision", "status", *SUMS, "sent_at", "sent_to", "viewed_at", "views", "closed_at", "answered_by",
            "answer_note",
        ]  # fmt: skip


class SendSerializer(serializers.Serializer):
    """To whom a quote is mailed; without an address only its link is made."""

    to = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    message = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    expires = serializers.DateField(required=False, allow_null=True, default=None)


class AnswerSerializer(serializers.Serializer):
    """Who answered, and in which words."""

    by = serializers.CharField(max_length=100)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class OrderKindSerializer(serializers.Serializer):
    """What an accepted quote becomes."""

    kind = serializers.ChoiceField(choices=OrderKind.choices, default=OrderKind.CONTRACT)


class SentSerializer(serializers.Serializer):
    """The link the customer opens."""

    url = serializers.CharField()
    expires_at = serializers.DateTimeField()


class MadeSerializer(serializers.Serializer):
    """What was made."""

    id = serializers.IntegerField()
    number = serializers.CharField()


class QuoteViewSet(Creates, Updates, Deletes, RecordViewSet):
    """Quotes: offers to customers, with their lines."""

    listing = QUOTES
    serializer_class = QuoteSerializer
    prefetch = ("lines",)

    def create_record(self, values: dict[str, Any]) -> Quote:
        user = self.request.user
        owner = values.pop("owner", None) or user
        if owner.pk != user.pk:
            access.require_verb(user, "transfer", Quote)
        lines = drafts_from(values) or []
        customer = values.pop("customer")
        return services.create_quote(customer, actor=self.actor, owner=owner, lines=lines, **values)

    def update_record(self, record: Quote, values: dict[str, Any], expected: int | None) -> Quote:
        owner = values.pop("owner", record.owner)
        given = (owner and owner.pk) != record.owner_id
        if given:
            access.authorize(self.request.user, "transfer", record)
        if values.pop("customer", record.customer) != record.customer:
            raise RuleBroken(_("A quote stays with its customer. Copy it for another one."), field="customer")
        lines = drafts_from(values)
        changed = services.update_quote(record, actor=self.actor, expected=expected, lines=lines, **values)
        if given:
            identity.assign([changed], owner=owner, actor=self.actor)
        return changed

    def delete_record(self, record: Quote, expected: int | None) -> None:
        services.delete_quote(record, actor=self.actor, expected=expected)

    @extend_schema(request=SendSerializer, responses=SentSerializer)
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> Response:
        """Freeze the quote, open its link and mail it."""
        record = self.record("change")
        values = self._body(SendSerializer)
        with transaction.atomic():
            link = services.send_quote(record, actor=self.actor, to=values["to"], expires=values["expires"])
            if values["to"]:
                mail_quote(link, to=values["to"], words=values["message"] or default_words(record))
        return Response({"url": public_url(token_from(link.nonce)), "expires_at": link.expires_at})

    @extend_schema(request=AnswerSerializer, responses=QuoteSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Note that the customer accepted it."""
        record = self.record("change")
        services.accept_quote(record, actor=self.actor, **self._body(AnswerSerializer))
        return self.answer(self.reread(record))

    @extend_schema(request=AnswerSerializer, responses=QuoteSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """Note that the customer declined it."""
        record = self.record("change")
        services.decline_quote(record, actor=self.actor, **self._body(AnswerSerializer))
        return self.answer(self.reread(record))

    @extend_schema(request=None, responses={201: QuoteSerializer})
    @action(detail=True, methods=["post"])
    def revise(self, request: Request, pk: str) -> Response:
        """Begin the next version of a sent quote; the answer is that version."""
        made = services.revise_quote(self.record("change"), actor=self.actor)
        return self.answer(self.reread(made), 201)

    @extend_schema(request=OrderKindSerializer, responses={201: MadeSerializer})
    @action(detail=True, methods=["post"], url_path="order")
    def make_order(self, request: Request, pk: str) -> Response:
        """Make an accepted quote an order or contract; again gives the same one."""
        record = self.record("change")
        access.require_verb(request.user, "add", Order)
        made = services.order_from_quote(
            record, actor=self.actor, owner=record.owner or request.user, **self._body(OrderKindSerializer)
        )
        return Response({"id": made.pk, "number": made.number}, status=201)

    def _body(self, kind: type[serializers.Serializer]) -> dict[str, Any]:
        serializer = kind(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


ROUTES = [("quotes", QuoteViewSet)]
