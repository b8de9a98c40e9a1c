"""What templates ask about rights."""

from typing import Any

from django import template
from django.urls import reverse

from crm.identity.access import has_verb

register = template.Library()


@register.simple_tag(takes_context=True)
def reveal_url(context: template.Context, record: Any, name: str) -> str:
    """Where the whole of a masked value is to be seen; empty for those who may not."""
    if not has_verb(context["request"].user, "reveal", type(record)):
        return ""
    return reverse("field_reveal", args=[record._meta.label_lower, record.pk, name])
