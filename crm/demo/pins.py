"""The views people of the demo company keep in their side bar."""

from collections.abc import Mapping

from crm.identity.models import User
from crm.records.services.saved_views import pin

PINS = {
    "salesperson": (("customer", "tier-a"), ("customer", "silent"), ("activity", "overdue")),
    "sales_manager": (("customer", "silent"), ("activity", "overdue")),
}


def pin_views(people: Mapping[str, User]) -> None:
    """Pin what somebody of a role looks at every day."""
    for person in people.values():
        for listing, view in PINS.get(person.role.slug if person.role else "", ()):
            pin(person, listing=listing, view=None, builtin=view, pinned=True)
