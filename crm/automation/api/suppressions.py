"""REST: the addresses that get no more mails, for those who look after them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from crm.automation import services
from crm.automation.listings import SUPPRESSIONS
from crm.automation.models import Suppression
from crm.automation.queries import suppression_of
from crm.identity.access import require_verb
from crm.listing.rest.serializers import RecordSerializer
from crm.listing.rest.viewsets import Deletes, RecordViewSet


class SuppressionSerializer(RecordSerializer):
    """A refused address. It is taken in and never given out, because only a hash of it is kept: ask for it by `email`."""

    email = serializers.EmailField(write_only=True)
    reason = serializers.ChoiceField(choices=Suppression.Reason.choices, default=Suppression.Reason.MANUAL)

    class Meta:
        model = Suppression
        fields = ["id", "email", "reason", "at"]
        read_only_fields = ["at"]


class SuppressionViewSet(Deletes, RecordViewSet):
    """Addresses that get no more mails they did not ask for."""

    listing = SUPPRESSIONS
    serializer_class = SuppressionSerializer

    @extend_schema(responses={200: SuppressionSerializer, 201: SuppressionSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Send nothing more to an address: 201, or 200 with the refusal there is already, which stays as it was."""
        require_verb(request.user, "add", Suppression)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        address = form.validated_data["email"]
        known = suppression_of(address)
        made = services.suppress(address, reason=form.validated_data["reason"], actor=self.actor)
        return self.made(made, status.HTTP_200_OK if made == known else status.HTTP_201_CREATED)

    def delete_record(self, record: Suppression, expected: int | None) -> None:
        services.allow_again(record, actor=self.actor)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let the address get mails again."""
        return super().destroy(request, *args, **kwargs)
