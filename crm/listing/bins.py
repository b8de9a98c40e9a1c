"""The bin of a list: what was deleted, when, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.identity.access import has_verb
from crm.listing.columns import Column, Date, Link, Look
from crm.listing.declare import Empty, ListPage


def bin_of(
    listing: ListPage, queryset: Callable[[], models.QuerySet], name: Link, *columns: Column
) -> ListPage:
    """The list of what lies in the bin; its name leads to the question whether it shall come back."""

    def restore(record: Any, look: Look) -> SafeString | str:
        if not has_verb(look.user, "delete", listing.model):
            return ""
        url = listing.url("restore", record.pk)
        return format_html('<a class="btn btn-mini" href="{}">{}</a>', url, gettext("Restore"))

    return ListPage(
        name=f"{listing.key}_bin",
        model=listing.model,
        queryset=queryset,
        title=_("Bin"),
        icon="trash",
        count_words=listing.count_words,
        filters=listing.filters,
        columns=[
            replace(name, to=lambda record: listing.url("restore", record.pk)),
            *columns,
            Date("deleted_at", label=_("Deleted"), sort=True, card="right"),
        ],
        default_sort="-deleted_at",
        empty=Empty(
            _("The bin is empty"),
            _("What is deleted stays here for 30 days."),
            _("Back to the list"),
            f"{listing.key}_list",
        ),
        row_actions=restore,
        in_search=False,
        exportable=False,
        remote_choices=False,
    )
