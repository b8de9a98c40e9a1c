"""What stands in the middle of every record one follows up with."""

from typing import Any

from django.http import HttpRequest

from accounts.views.timeline import composer_context, timeline_context
from sales.models import Lead, Opportunity


def middle(request: HttpRequest, record: Lead | Opportunity, may_edit: bool) -> dict[str, Any]:
    """The composer and the timeline; regions that htmx renews come without them."""
    if request.GET.get("part"):
        return {}
    return (
        timeline_context(request, record, may_edit) | composer_context(request, record) | {"customer": record}
    )
