"""Finding registered list pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from crm.core.hooks import hooks

if TYPE_CHECKING:
    from crm.listing.declare import ListPage


def page_of_key(key: str) -> ListPage | None:
    """The list page of that key (`ListPage.key`, as saved views and jobs keep it)."""
    return next((page for page in hooks.list_pages.values() if page.key == key), None)


def page_of_model(model: type[models.Model]) -> ListPage | None:
    """The first list page of that kind of record."""
    return next((page for page in hooks.list_pages.values() if page.model is model), None)
