"""Small words and labels of cadences for templates."""

from django import template
from django.utils.safestring import SafeString

from crm.core.templatetags.ui import badge, icon
from sales.listings.cadences import STATE_KINDS, next_words
from sales.models import Enrolment, StepKind

register = template.Library()
ICONS = {
    StepKind.EMAIL: "send",
    StepKind.MANUAL_EMAIL: "mail",
    StepKind.CALL: "phone",
    StepKind.WECHAT: "brand-wechat",
    StepKind.VISIT: "map-pin",
    StepKind.TASK: "checkbox",
}


@register.simple_tag
def step_icon(kind: str) -> SafeString:
    """The sign of a kind of step."""
    return icon(ICONS[StepKind(kind)], 16)


@register.simple_tag
def enrolment_badge(enrolment: Enrolment) -> SafeString:
    """Whether somebody is taken on, as a label in its colour."""
    return badge(str(enrolment.get_state_display()), STATE_KINDS.get(enrolment.state, ""))


@register.filter
def next_step_words(enrolment: Enrolment) -> str:
    """Which step of a cadence comes next for somebody."""
    return next_words(enrolment)
