"""REST: products and price books, over the same lists, rights and services as their pages."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.identity import access
from crm.identity.models import Team
from crm.listing.custom.rest import CustomObject
from crm.listing.rest.serializers import RecordSerializer, VisibleRelatedField
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from sales import services
from sales.listings.products import PRICE_BOOKS, PRODUCTS
from sales.models import PriceBook, Product

MOST_PRICES = 5000


class ProductSerializer(RecordSerializer):
    """A product as the API speaks of it; `prices` are those of the price books, by their name."""

    custom = CustomObject()
    prices = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = [
            "id", "name", "name_en", "code", "category", "unit", "list_price", "currency", "cost", "tax_rate",
            "is_active", "description", "prices", "custom", "version", "created_at", "updated_at",
        ]  # fmt: skip
        extra_kwargs = {"code": {"validators": []}}

    def get_prices(self, product: Product) -> dict[str, str]:
        """What it costs by each price book, for who may read price books."""
        if not access.has_verb(self.context["request"].user, "view", PriceBook):
            return {}
        return {entry.book.name: str(entry.price) for entry in product.prices.all()}


class ProductViewSet(Creates, Updates, Deletes, RecordViewSet):
    """Products: what can be sold."""

    listing = PRODUCTS
    serializer_class = ProductSerializer
    prefetch = ("prices__book",)

    def create_record(self, values: dict[str, Any]) -> Product:
        return services.create_product(actor=self.actor, **values)

    def update_record(self, record: Product, values: dict[str, Any], expected: int | None) -> Product:
        return services.update_product(record, actor=self.actor, expected=expected, **values)

    def delete_record(self, record: Product, expected: int | None) -> None:
        services.delete_product(record, actor=self.actor, expected=expected)


class PriceBookSerializer(RecordSerializer):
    """A price book as the API speaks of it; its prices stand at an address of their own, `prices/`."""

    teams = VisibleRelatedField(queryset=Team.objects.all(), many=True, required=False)
    price_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = PriceBook
        fields = [
            "id", "name", "currency", "tax_included", "valid_from", "valid_until", "is_active", "is_default", "teams",
            "price_count", "version", "created_at", "updated_at",
        ]  # fmt: skip
        extra_kwargs = {"name": {"validators": []}}
        validators: list[
            Any
        ] = []  # a new default takes the place of the old one; the service says what is wrong


class PriceSerializer(serializers.Serializer):
    """What one product costs by a price book; null takes its price away."""

    product = VisibleRelatedField(queryset=Product.objects.all())
    price = serializers.DecimalField(max_digits=18, decimal_places=4, min_value=0, allow_null=True)


class PricesSerializer(serializers.Serializer):
    """Prices of a price book; those of products that are not named stay as they are."""

    prices = PriceSerializer(many=True, allow_empty=False, max_length=MOST_PRICES)


class PriceBookViewSet(Creates, Updates, Deletes, RecordViewSet):
    """Price books: what products cost for whom and when."""

    listing = PRICE_BOOKS
    serializer_class = PriceBookSerializer
    prefetch = ("teams",)

    def create_record(self, values: dict[str, Any]) -> PriceBook:
        return services.save_price_book(None, actor=self.actor, **values)

    def update_record(self, record: PriceBook, values: dict[str, Any], expected: int | None) -> PriceBook:
        return services.save_price_book(record, actor=self.actor, expected=expected, **values)

    def delete_record(self, record: PriceBook, expected: int | None) -> None:
        services.delete_price_book(record, actor=self.actor, expected=expected)

    @extend_schema(responses=PricesSerializer, request=None)
    @action(detail=True, methods=["get"])
    def prices(self, request: Request, pk: str) -> Response:
        """What every product costs by the price book."""
        entries = self.record().entries.values("product", "price")
        return Response({"prices": [{**one, "price": str(one["price"])} for one in entries]})

    @extend_schema(request=PricesSerializer, responses=PriceBookSerializer)
    @prices.mapping.post
    def set_prices(self, request: Request, pk: str) -> Response:
        """Set what products cost by the price book."""
        record = self.record("change")
        form = PricesSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        wanted = {one["product"]: one["price"] for one in form.validated_data["prices"]}
        services.set_prices(record, wanted, actor=self.actor)
        return self.answer(self.reread(record))


ROUTES = [("products", ProductViewSet), ("price-books", PriceBookViewSet)]
