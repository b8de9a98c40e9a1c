"""Small words and labels of customers and contacts for templates."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString

from accounts.listings import ROLE_KINDS
from accounts.listings import tag_badge as badge_of
from accounts.models import Customer
from accounts.queries.duplicates import reason_label
from accounts.views import facts

register = template.Library()


@register.simple_tag
def tag_badge(label: dict[str, Any]) -> SafeString:
    """A tag as a label in its colour."""
    return badge_of(label)


@register.filter
def role_kind(role: str) -> str:
    """The colour of a contact's role."""
    return ROLE_KINDS.get(role, "line")


@register.filter
def tel(number: str) -> str:
    """The address that dials a stored number."""
    return f"tel:{str(number).split(' ext ')[0]}"


@register.filter
def bare_address(address: str) -> str:
    """A web address as people say it."""
    return str(address).split("://", 1)[-1].rstrip("/")


@register.filter
def years_together(customer: Customer) -> str:
    """How long somebody has been a customer."""
    return facts.years_together(customer)


@register.filter
def as_percent(score: Decimal) -> str:
    """A score between nothing and certain, as a percentage."""
    return f"{score:.0%}"


@register.filter
def duplicate_reason(reason: str) -> str:
    """Why two customers may be the same, in words."""
    return reason_label(reason)
