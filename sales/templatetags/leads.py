"""Small words and labels of leads for templates."""

from django import template
from django.utils.safestring import SafeString

from crm.core.templatetags.ui import badge
from sales.listings.leads import STATUS_KINDS, score_badge
from sales.models import Lead

register = template.Library()


@register.simple_tag
def lead_status(lead: Lead) -> SafeString:
    """How far a lead has come, as a label in its colour."""
    return badge(str(lead.get_status_display()), STATUS_KINDS.get(lead.status, ""))


@register.simple_tag
def lead_score(lead: Lead) -> SafeString:
    """A lead's score with a bar of its length."""
    return score_badge(lead)
