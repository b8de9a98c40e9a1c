"""Small words and labels of customers and contacts for templates."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.listings import ROLE_KINDS
from accounts.listings import tag_badge as badge_of
from accounts.models import Customer
from accounts.queries.duplicates import reason_label
from crm.core.clock import company_today

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


@register.filter
def as_percent(score: Decimal) -> str:
    """A score between nothing and certain, as a percentage."""
    return f"{score:.0%}"


@register.filter
def duplicate_reason(reason: str) -> str:
    """Why two customers may be the same, in words."""
    return reason_label(reason)
