"""REST: products, over the same list, rights and services as their pages."""

from typing import Any

from rest_framework import serializers

from crm.core.writes import check_version
from crm.listing.custom.rest import CustomObject
from crm.listing.rest.serializers import RecordSerializer
from crm.listing.rest.viewsets import Creates, Deletes, RecordViewSet, Updates
from sales import services
from sales.listings.products import PRODUCTS
from sales.models import Product


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
        """What it costs by each price book."""
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
        check_version(record, expected)
        services.delete_product(record, actor=self.actor)


ROUTES = [("products", ProductViewSet)]
