"""REST: contacts, over the same list, rights and services as their pages."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from accounts import services
from accounts.listings import CONTACTS
from accounts.models import Contact, Customer
from accounts.views import cards
from crm.core.writes import RuleBroken
from crm.identity import access
from crm.listing.custom.rest import CustomObject
from crm.listing.rest.revealing import RevealMixin
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates


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
        primary = values.pop("is_primary", record.is_primary)
        if record.is_primary and not primary:
            raise RuleBroken(_("Make somebody else the main contact instead."), field="is_primary")
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

    def delete_record(self, record: Contact, expected: int | None) -> None:
        services.delete_contact(record, actor=self.actor, expected=expected)

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


ROUTES = [("contacts", ContactViewSet)]
