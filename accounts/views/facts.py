"""The facts of a customer as its page shows them, and the chips for the next date."""

import datetime
from dataclasses import dataclass, replace
from typing import Any

from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.rules.next_dates import (
    IN_A_MONTH,
    IN_THREE_DAYS,
    IN_TWO_WEEKS,
    NEXT_MONDAY,
    TOMORROW,
    suggestions,
)
from accounts.services.customers import EDITABLE
from crm.core import formats
from crm.core.clock import company_today
from crm.core.masking import is_masked
from crm.core.phone import format_phone
from crm.identity import fields as field_rights
from crm.identity.models import User
from crm.listing.custom.columns import html_of, text_of
from crm.records.field_access import editable as fields_to_edit
from crm.records.field_access import readable
from crm.records.models.custom_field import LINKING
from crm.records.queries import business_calendar
from crm.records.queries.custom_fields import arranged, linked_values, target_of
from crm.records.rules.calendar import Calendar
from crm.records.services.custom_values import condition_values, is_shown

CHIPS = (TOMORROW, IN_THREE_DAYS, NEXT_MONDAY, IN_TWO_WEEKS, IN_A_MONTH)
ALWAYS = ("uscc", "source", "address", "phone", "size")


@dataclass(frozen=True)
class Fact:
    """One line of the facts: its label, what is shown, the exact text to copy, where it leads."""

    name: str
    label: str
    text: str | SafeString
    copy: str = ""
    href: str = ""
    editable: bool = True
    html: str | SafeString = ""
    masked: bool = False


def present(customer: Customer) -> set[str]:
    """The built-in fields that a customer like this has."""
    return (set(EDITABLE) - {"no_follow_up_reason", "custom"}) - {"intent" if customer.is_deal else "tier"}


def editable(customer: Customer, user: User) -> set[str]:
    """The fields that somebody can edit in place now."""
    own = {name for name in present(customer) if field_rights.may_edit(user, Customer, name)}
    return own | {one.name for one in fields_to_edit(user, Customer).values()}


def shown(customer: Customer, user: User, *, everything: bool = False) -> list[Fact]:
    """The facts worth a line: those that are filled in, and the few one looks for when they are not."""
    return [fact for _section, found in groups(customer, user, everything=everything) for fact in found]


def groups(customer: Customer, user: User, *, everything: bool = False) -> list[tuple[Any, list[Fact]]]:
    """The facts by section of the page; what stands in no section comes first, sections without a fact are left out."""
    allowed = present(customer) - field_rights.hidden(user, Customer)
    held = editable(customer, user)
    own = {
        name: replace(_fact(customer, name), editable=name in held)
        for name in ("name", *Customer.page_fields)
        if name in allowed
    }
    if not everything:
        own = {n: fact for n, fact in own.items() if n != "name" and (fact.text or n in ALWAYS)}
    own |= {fact.name: fact for fact in custom_facts(customer, user)}
    arrangement = arranged(Customer, own, user)
    return [(section, [own[name] for name in names]) for section, names in arrangement if names]


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


def arranged_facts(record: Any, user: User) -> list[tuple[Any, list[Fact]]]:
    """The custom fields of a record by section of its page."""
    own = {fact.name: fact for fact in custom_facts(record, user)}
    return [
        (section, [own[name] for name in names])
        for section, names in arranged(type(record), own, user)
        if names
    ]


def texts(customer: Customer) -> dict[str, str]:
    """Every field of its own as it is read, empty ones included."""
    return {name: str(_fact(customer, name).text) for name in ("name", *Customer.page_fields)}


def _fact(customer: Customer, name: str) -> Fact:
    field = Customer._meta.get_field(name)
    label = capfirst(str(field.verbose_name))
    value: Any = getattr(customer, name)
    if value in (None, ""):
        return Fact(name, label, "")
    if is_masked(value):
        return Fact(name, label, value, masked=True)
    if name == "phone":
        return Fact(name, label, format_phone(value), copy=value, href=f"tel:{value.split(' ext ')[0]}")
    if name == "email":
        return Fact(name, label, value, copy=value, href=f"mailto:{value}")
    if name == "website":
        return Fact(name, label, value.split("://", 1)[-1].rstrip("/"), href=value)
    if name == "uscc":
        return Fact(name, label, value, copy=value)
    if name == "region":
        return Fact(name, label, value.full_label)
    if name == "size":
        return Fact(name, label, formats.number(value))
    if field.choices:
        return Fact(name, label, str(getattr(customer, f"get_{name}_display")()))
    return Fact(name, label, str(value))


def date_chips(chosen: Any = None, calendar: Calendar | None = None) -> list[dict[str, Any]]:
    """Tomorrow, in three working days, next Monday… for the next step; each says why where its day was moved."""
    chosen = chosen.isoformat() if isinstance(chosen, datetime.date) else str(chosen or "")
    today = company_today()
    offered = {one.key: one for one in suggestions(calendar or business_calendar(), today)}
    keys = [key for key in CHIPS if key in offered][:4]  # two of them may fall on one day
    return [
        {
            "label": one.text(today),
            "value": one.date.isoformat(),
            "on": chosen == one.date.isoformat(),
            "why": one.reason,
        }
        for one in sorted((offered[key] for key in keys), key=lambda one: one.date)
    ]


def years_together(customer: Customer) -> str:
    """How long somebody has been a customer, in years and months; empty for prospects."""
    if customer.first_deal_at is None:
        return ""
    today = company_today()
    months = (today.year - customer.first_deal_at.year) * 12 + today.month - customer.first_deal_at.month
    months = max(0, months - (today.day < customer.first_deal_at.day))
    years, rest = divmod(months, 12)
    if years and rest:
        return _("Customer for %(years)d y %(months)d mo") % {"years": years, "months": rest}
    if years:
        return _("Customer for %(years)d y") % {"years": years}
    return _("Customer for %(months)d mo") % {"months": rest}
