"""Reading for the console's pages and the frame around every page."""

from collections.abc import Sequence

from django.apps import apps
from django.db import models

from crm.console.models import RecentRecord
from crm.identity import queries as identity
from crm.identity.access import has_verb, visible
from crm.identity.models import User
from crm.listing.registry import page_of_key
from crm.records import queries as saved

RECENT_LOOKED_AT = 9  # a few more than shown: some may no longer be visible


def company_name() -> str:
    """What the company calls itself, empty before anybody said."""
    return str(identity.company())


def recent_records(user: User, limit: int = 3) -> Sequence[models.Model]:
    """The records somebody opened last and may still see, newest first; one query per kind of record."""
    rows = list(
        visible(RecentRecord, user)
        .order_by("-opened_at")
        .values_list("model", "object_id")[:RECENT_LOOKED_AT]
    )
    found: dict[tuple[str, int], models.Model] = {}
    for label in dict.fromkeys(label for label, _pk in rows):
        try:
            model = apps.get_model(label)
        except LookupError:
            continue
        ids = [pk for other, pk in rows if other == label]
        alive = visible(model, user).filter(pk__in=ids)
        if any(f.name == "deleted_at" for f in model._meta.concrete_fields):
            alive = alive.filter(deleted_at__isnull=True)
        found |= {(label, record.pk): record for record in alive}
    return [found[key] for key in rows if key in found][:limit]


def pinned_views(user: User) -> list[dict[str, str]]:
    """The views somebody pinned in the side bar, in their order, of lists they may still open."""
    found = []
    for row in saved.pinned_views(user):
        listing = page_of_key(row.listing)
        if listing is None or not has_verb(user, "view", listing.model):
            continue
        builtin = listing.view(row.builtin) if row.builtin else None
        label = builtin.label if builtin else row.name
        if not label:
            continue
        icon = builtin.icon if builtin else listing.icon
        found.append({"pk": row.pk, "label": label, "icon": icon, "url": f"{listing.url()}?view={row.key}"})
    return found
