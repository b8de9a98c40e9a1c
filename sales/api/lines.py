"""Lines of quotes and orders as the API speaks of them."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from crm.identity import access, fields
from crm.listing.rest.serializers import VisibleRelatedField
from sales.models import Product
from sales.services import Draft
from sales.services.lines import MOST_LINES

AMOUNT = {"max_digits": 18, "decimal_places": 2, "read_only": True}


class LineSerializer(serializers.Serializer):
    """One line: discount and tax rate are shares (0.13 is 13 %); what is left out comes from the product."""

    id = serializers.IntegerField(read_only=True)
    product = VisibleRelatedField(queryset=Product.objects.all(), required=False, allow_null=True)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    description = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    unit = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    quantity = serializers.DecimalField(max_digits=14, decimal_places=3, required=False, default=1)
    price = serializers.DecimalField(
        max_digits=18, decimal_places=4, required=False, allow_null=True, default=None
    )
    discount = serializers.DecimalField(max_digits=5, decimal_places=4, required=False, default=0)
    tax_rate = serializers.DecimalField(
        max_digits=5, decimal_places=4, required=False, allow_null=True, default=None
    )
    listed = serializers.DecimalField(**AMOUNT)
    amount = serializers.DecimalField(**AMOUNT)
    net = serializers.DecimalField(**AMOUNT)
    tax = serializers.DecimalField(**AMOUNT)


class LinesField(serializers.ListSerializer):
    """All lines of a record, in order; written they take the place of those that were there."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(child=LineSerializer(), max_length=MOST_LINES, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if fields.is_closed(self.context["request"].user, self.parent.Meta.model, "amount"):
            raise serializers.ValidationError(_("You may not change this field."))
        return super().to_internal_value(data)

    def to_representation(self, data: Any) -> Any:
        request = self.context.get("request")
        rows = list(data.all())
        if request is not None and not access.has_verb(request.user, "view", data.model):
            return []
        if request is not None:
            fields.shield(request.user, rows)
        return super().to_representation(rows)


def drafts_from(values: dict[str, Any]) -> list[Draft] | None:
    """The lines somebody sent, as the services take them; None where none were."""
    rows = values.pop("lines", None)
    return None if rows is None else [Draft(**row) for row in rows]
