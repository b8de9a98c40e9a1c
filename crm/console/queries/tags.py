"""Reading tags with how much they are used."""

from django.db import models

from crm.identity.access import visible
from crm.identity.models import User
from crm.records.models import Tag

KINDS = {"blue": "brand", "green": "ok", "amber": "warn", "red": "bad", "violet": "vio", "teal": "teal"}


def tags_with_use(user: User) -> list[Tag]:
    """All tags with the number of records that carry them, counted over every app's link table."""
    tags = list(visible(Tag, user))
    uses: dict[int, int] = {}
    for relation in Tag._meta.related_objects:
        if relation.one_to_many:
            field = relation.field.name
            rows = (
                relation.related_model._base_manager.order_by().values(field).annotate(n=models.Count("pk"))
            )
            for pk, n in rows.values_list(field, "n"):
                uses[pk] = uses.get(pk, 0) + n
    for tag in tags:
        tag.uses = uses.get(tag.pk, 0)
        tag.kind = KINDS.get(tag.colour, "")
    return tags
