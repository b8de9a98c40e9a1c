"""How approvals are shown: their kind, their state, and what happened to them."""

from django import template
from django.utils.safestring import SafeString

from crm.approvals.models import ApprovalRequest
from crm.console.approval_listing import kind_badge, state_badge
from crm.events.catalogue import sentence_of
from crm.events.models import Event

register = template.Library()


@register.simple_tag
def approval_kind(approval: ApprovalRequest) -> SafeString:
    """What is approved, as a badge in the kind's colour."""
    return kind_badge(approval)


@register.simple_tag
def approval_state(approval: ApprovalRequest) -> SafeString:
    """How it stands, as a badge."""
    return state_badge(approval)


@register.simple_tag
def approval_sentence(event: Event) -> str:
    """One thing that happened, in words."""
    return sentence_of(event)
