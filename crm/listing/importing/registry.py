"""Which kinds of records can be imported: those whose list page declares a resource."""

from __future__ import annotations

from crm.core.hooks import hooks
from crm.identity import access
from crm.identity.models import User
from crm.listing.custom.importing import columns_for

from .resource import ImportResource


def resources() -> dict[str, ImportResource]:
    """Every importable kind of record by its name in addresses and the API."""
    found = {}
    for page in hooks.list_pages.values():
        declared = getattr(page, "resource", None)
        if isinstance(declared, type) and issubclass(declared, ImportResource):
            found[declared.slug] = declared()
    return found


def resource_of(slug: str, user: User | None = None) -> ImportResource | None:
    """The resource of that name, None when there is none; for a person with the columns they may fill beside the declared ones."""
    found = resources().get(slug)
    if found is not None and user is not None:
        found.fields |= columns_for(found.model, user) | found.more_columns(user)
    return found


def importable_by(user: User) -> list[ImportResource]:
    """What this person may import."""
    return [resource for resource in resources().values() if access.has_verb(user, "import", resource.model)]
