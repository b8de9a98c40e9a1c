"""A list page as one person finds it: with the custom fields they may read among its columns, filters and orders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crm.listing.custom.columns import column_of
from crm.listing.custom.filters import filters_with
from crm.records.custom_sql import sort_value
from crm.records.field_access import masked, readable
from crm.records.models.custom_field import CustomFields
from crm.records.queries.custom_fields import Book, book

if TYPE_CHECKING:
    from crm.identity.models import User
    from crm.listing.declare import ListPage

KEPT = 64
_made: dict[tuple[int, tuple[str, ...]], ListPage] = {}
_read_from: Book | None = None


def with_custom_fields(listing: ListPage, user: User) -> ListPage:
    """The list with its custom fields; the very same one where there are none. Made once per set of fields."""
    global _read_from
    if not issubclass(listing.model, CustomFields):
        return listing
    fields = readable(user, listing.model)
    if not fields:
        return listing
    base = listing.plain or listing
    present = book(user)
    if _read_from is not present or len(_made) >= KEPT:
        _made.clear()
        _read_from = present
    partly = masked(user, listing.model)
    whole = {key: one for key, one in fields.items() if key not in partly}
    key = (id(base), (*fields, "", *partly))
    if key not in _made:
        _made[key] = replace(
            base,
            plain=base,
            columns=[*base.columns, *(column_of(one, sort=key not in partly) for key, one in fields.items())],
            filters=filters_with(base.filters, whole),
            expressions={one.name: sort_value(one) for one in whole.values() if one.is_sortable},
        )
    return _made[key]
