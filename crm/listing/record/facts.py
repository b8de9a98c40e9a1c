"""The facts of a record as its page shows them: one line each, those that can be edited with a pen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crm.core import formats
from crm.core.masking import is_masked
from crm.core.money import BASE_CURRENCY, write_full
from crm.core.phone import format_phone
from crm.identity import fields as field_rights
from crm.identity.models import User
from crm.listing.custom.columns import html_of, text_of
from crm.records.field_access import editable as fields_to_edit
from crm.records.field_access import readable
from crm.records.models import Region
from crm.records.models.custom_field import LINKING, CustomFields
from crm.records.queries.custom_fields import arranged, linked_values, target_of
from crm.records.rules.custom_conditions import is_shown
from crm.records.services.custom_values import condition_values

if TYPE_CHECKING:
    from crm.listing.record.declare import RecordPage


@dataclass(frozen=True)
class Fact:
    """One line of the facts: its label, what is shown, the exact text to copy, where it leads."""

    name: str
    label: str
    text: str | SafeString
    copy: str = ""
    href: str = ""
    editable: bool = True
    edit_url: str = ""
    html: str | SafeString = ""
    masked: bool = False


def editable(page: RecordPage, record: Any, user: User) -> set[str]:
    """The fields that somebody can edit in place now, as far as they may change the record."""
    own = {name for name in page.present(record) if field_rights.may_edit(user, page.model, name)} & set(
        page.form._meta.fields or ()
    )
    custom = fields_to_edit(user, page.model).values() if issubclass(page.model, CustomFields) else ()
    return own | {one.name for one in custom}


def shown(page: RecordPage, record: Any, user: User, *, everything: bool = False) -> list[Fact]:
    """The facts worth a line: those that are filled in, and the few one looks for when they are not."""
    return [fact for _section, found in groups(page, record, user, everything=everything) for fact in found]


def groups(
    page: RecordPage, record: Any, user: User, *, everything: bool = False
) -> list[tuple[Any, list[Fact]]]:
    """The facts by section of the page; what stands in no section comes first, sections without a fact are left out."""
    allowed = page.present(record) - field_rights.hidden(user, page.model)
    held = editable(page, record, user)
    own = {
        name: replace(
            fact_of(record, name, copied=name in page.copied, percent=name in page.percents),
            editable=name in held,
        )
        for name in ("name", *page.facts)
        if name in allowed
    }
    if not everything:
        own = {n: fact for n, fact in own.items() if n != "name" and (fact.text or n in page.always)}
    if issubclass(page.model, CustomFields):
        own |= {fact.name: fact for fact in custom_facts(record, user)}
    own = {
        name: replace(fact, edit_url=page.url("field", record.pk, name))
        if fact.editable and not page.settled(record, name)
        else replace(fact, editable=False)
        for name, fact in own.items()
    }
    return [
        (section, [own[name] for name in names])
        for section, names in arranged(page.model, own, user)
        if names
    ]


def custom_facts(record: Any, user: User) -> list[Fact]:
    """The custom fields a person reads of a record; those that are not there for its present values are left out."""
    fields = readable(user, type(record))
    if not fields:
        return []
    values = condition_values(record, record.custom)
    there = {key: one for key, one in fields.items() if is_shown(one.shown_when, values)}
    targets = linked_values(there.values(), record.custom, user)
    may_edit = fields_to_edit(user, type(record))
    found = []
    for key, one in there.items():
        value, links = record.custom.get(key), targets.get(target_of(one), {})
        edits = key in may_edit and (one.kind not in LINKING or value is None or value in links)
        text, partly = text_of(one, value, links), is_masked(value)
        html = html_of(one, value, links) if value is not None and not partly else ""
        found.append(Fact(one.name, one.label, text, editable=edits, html=html, masked=partly))
    return found


def custom_groups(record: Any, user: User) -> list[tuple[Any, list[Fact]]]:
    """The custom fields of a record by section of its page."""
    own = {fact.name: fact for fact in custom_facts(record, user)}
    return [
        (section, [own[name] for name in names])
        for section, names in arranged(type(record), own, user)
        if names
    ]


def fact_of(record: Any, name: str, *, copied: bool = False, percent: bool = False) -> Fact:
    """A built-in field as it is read: numbers in groups, choices in words, addresses that lead somewhere."""
    field = record._meta.get_field(name)
    label = capfirst(str(field.verbose_name))
    value: Any = getattr(record, name)
    if value in (None, ""):
        return Fact(name, label, "")
    if is_masked(value):
        return Fact(name, label, value, masked=True)
    if name == "phone":
        return Fact(name, label, format_phone(value), copy=value, href=f"tel:{value.split(' ext ')[0]}")
    if isinstance(field, models.EmailField):
        return Fact(name, label, value, copy=value, href=f"mailto:{value}")
    if name == "website":
        return Fact(name, label, value.split("://", 1)[-1].rstrip("/"), href=value)
    if field.choices:
        return Fact(name, label, str(getattr(record, f"get_{name}_display")()))
    if isinstance(value, Region):
        return Fact(name, label, value.full_label)
    if isinstance(field, models.BooleanField):
        return Fact(name, label, capfirst(_("yes") if value else _("no")))
    if isinstance(field, models.DecimalField):
        return Fact(name, label, write_full(value, getattr(record, "currency", BASE_CURRENCY)))
    if isinstance(field, models.IntegerField):
        return Fact(name, label, formats.percent(value / 100, 0) if percent else formats.number(value))
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return Fact(name, label, formats.day(value))
    if isinstance(field, models.TimeField):
        return Fact(name, label, value.strftime("%H:%M"))
    return Fact(name, label, str(value), copy=str(value) if copied else "")
