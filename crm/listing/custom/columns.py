"""Cells of custom fields, and their values in words."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.functional import lazy
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.core import formats
from crm.core.masking import is_masked
from crm.core.phone import format_phone
from crm.core.templatetags.ui import avatar, badge, icon
from crm.listing.columns import NOTHING, Column, Look, link_of
from crm.records.models.custom_field import LINKING, CustomField
from crm.records.queries.custom_fields import linked

if TYPE_CHECKING:
    from crm.identity.models import User

Kind = CustomField.Kind
COLOURS = {"blue": "brand", "green": "ok", "amber": "warn", "red": "bad", "violet": "vio", "teal": "teal"}
END = {Kind.NUMBER, Kind.MONEY}
Links = Mapping[int, models.Model]


@dataclass(frozen=True, kw_only=True)
class CustomColumn(Column):
    """A column of a custom field."""

    field: CustomField = field(kw_only=True)

    def raw(self, record: Any) -> Any:
        return (record.custom or {}).get(self.field.key)

    def dress(self, records: Sequence[Any], user: User) -> None:
        """Fetch the people or records the cells of a page name, with one query; only what the reader may see."""
        if self.field.kind in LINKING:
            found = linked(self.field, {self.raw(record) for record in records}, user)
            for record in records:
                record.__dict__.setdefault("_custom_links", {})[self.field.key] = found

    def html(self, record: Any, look: Look) -> SafeString:
        value = self.raw(record)
        if value is None:
            return NOTHING
        return look.once((self.name, str(value)), lambda: html_of(self.field, value, self._links(record)))

    def plain(self, record: Any) -> Any:
        return plain_of(self.field, self.raw(record), self._links(record))

    def _links(self, record: Any) -> Links:
        return record.__dict__.get("_custom_links", {}).get(self.field.key, {})


def column_of(one: CustomField, *, sort: bool = True) -> CustomColumn:
    """The column a field gives a list."""
    return CustomColumn(
        one.name,
        field=one,
        label=_label(one),
        value=lambda record: (record.custom or {}).get(one.key),
        sort=sort and one.is_sortable,
        shown=one.in_list,
        align="end" if one.kind in END else "",
        private=one.is_personal,
    )


def python_of(one: CustomField, value: Any) -> Any:
    """A kept value as numbers, dates and times again."""
    if value is None:
        return None
    match one.kind:
        case Kind.NUMBER | Kind.MONEY:
            return Decimal(value)
        case Kind.DATE:
            return datetime.date.fromisoformat(value)
        case Kind.TIME:
            return datetime.time.fromisoformat(value)
        case Kind.DATETIME:
            return datetime.datetime.fromisoformat(value)
    return value


def text_of(one: CustomField, value: Any, links: Links | None = None) -> str:
    """A kept value in the reader's words; empty for nothing."""
    if value is None or is_masked(value):
        return value or ""
    match one.kind:
        case Kind.NUMBER:
            return formats.number(Decimal(value), one.decimals)
        case Kind.MONEY:
            return formats.money_full(Decimal(value), one.currency)
        case Kind.DATE:
            return formats.full_day(python_of(one, value))
        case Kind.DATETIME:
            return formats.exact(python_of(one, value))
        case Kind.CHOICE:
            return one.option_label(value)
        case Kind.MULTI_CHOICE:
            return listed(one.option_label(key) for key in value)
        case Kind.BOOLEAN:
            return _("Yes") if value else _("No")
        case Kind.PHONE:
            return format_phone(value)
        case Kind.USER | Kind.RECORD:
            record = (links or {}).get(value)
            return str(record) if record is not None else _("not visible to you")
    return str(value)


def plain_of(one: CustomField, value: Any, links: Links | None = None) -> Any:
    """A kept value as a spreadsheet cell: numbers and dates as such, everything else in words."""
    if one.kind in (Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.DATETIME):
        return python_of(one, value)
    return text_of(one, value, links) if value is not None else ""


def html_of(one: CustomField, value: Any, links: Links | None = None) -> SafeString:
    """A kept value as a cell or a fact: coloured options, links one can follow."""
    text = conditional_escape(text_of(one, value, links))
    if is_masked(value):  # nothing to call, to write to or to open
        return text
    match one.kind:
        case Kind.CHOICE:
            return _option(one, value)
        case Kind.MULTI_CHOICE:
            return mark_safe(" ".join(_option(one, key) for key in value))  # noqa: S308 - badges escape
        case Kind.BOOLEAN:
            return (
                icon("check", 16, "", str(text))
                if value
                else format_html('<span class="muted">{}</span>', text)
            )
        case Kind.MONEY:
            return format_html(
                '<b title="{}">{}</b>', text, formats.money_short(Decimal(value), one.currency)
            )
        case Kind.LINK:
            shown = value.split("://", 1)[-1].rstrip("/")
            return format_html(
                '<a class="cell-cut" href="{}" target="_blank" rel="noopener noreferrer">{}</a>', value, shown
            )
        case Kind.PHONE:
            return format_html('<a href="tel:{}">{}</a>', value.split(" ext ")[0], text)
        case Kind.EMAIL:
            return format_html('<a href="mailto:{}">{}</a>', value, text)
        case Kind.USER | Kind.RECORD:
            return _linked(one, value, text, links or {})
        case Kind.TEXT | Kind.LONG_TEXT:
            return format_html('<span class="cell-cut" title="{}">{}</span>', text, text)
    return text


def _option(one: CustomField, key: str) -> SafeString:
    option = one.option_map.get(key, {})
    return badge(one.option_label(key), COLOURS.get(option.get("colour", ""), ""))


def _linked(one: CustomField, value: int, text: str, links: Links) -> SafeString:
    record = links.get(value)
    if record is None:
        return format_html('<span class="muted">{}</span>', text)
    if one.kind == Kind.USER:
        return format_html(
            '<span class="person" title="{}">{}<span>{}</span></span>', text, avatar(record), text
        )
    return format_html('<a href="{}">{}</a>', link_of(record), text)


def listed(words: Iterable[object]) -> str:
    """Words one after the other."""
    return pgettext("between the items of a list", ", ").join(str(word) for word in words)


_label = lazy(lambda one: one.label, str)
