"""What stands in the middle of every record one follows up with."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from accounts.models import Contact
from accounts.views.timeline import composer_context, timeline_context
from sales.models import Lead, Opportunity


def middle(
    request: HttpRequest,
    record: Lead | Opportunity,
    may_edit: bool,
    people: Sequence[Contact] | None = None,
) -> dict[str, Any]:
    """The composer and the timeline; regions that htmx renews come without them. `people`: where they are at hand."""
    if request.GET.get("part"):
        return {}
    return (
        timeline_context(request, record, may_edit)
        | composer_context(request, record, people=people)
        | {"customer": record}
    )
