"""REST: tags."""

from typing import Any

from crm.console.listings import TAGS
from crm.listing.rest.serializers import RecordSerializer
from crm.listing.rest.viewsets import Creates, RecordViewSet, Updates
from crm.records.models import Tag
from crm.records.services import tags as services


class TagSerializer(RecordSerializer):
    """A tag."""

    class Meta:
        model = Tag
        fields = ["id", "name", "group", "colour", "expiry_date", "is_active"]


class TagViewSet(Creates, Updates, RecordViewSet):
    """Tags: everybody with the verb reads, adds and changes them."""

    listing = TAGS
    serializer_class = TagSerializer

    def create_record(self, values: dict[str, Any]) -> Tag:
        active = values.pop("is_active", True)
        tag = services.create_tag(values.pop("name"), actor=self.actor, **values)
        return tag if active else services.update_tag(tag, actor=self.actor, is_active=False)

    def update_record(self, record: Tag, values: dict[str, Any], expected: int | None) -> Tag:
        return services.update_tag(record, actor=self.actor, **values)


ROUTES = [("tags", TagViewSet)]
