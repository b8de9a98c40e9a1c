"""REST: everything that happened with a record, below the record's address."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ActivityKind
from accounts.queries import timeline as timelines
from crm.listing.rest.links import following
from crm.listing.selection import BadQuery, page_size


class TimelineItemSerializer(serializers.Serializer):
    """One line of a customer's timeline: a follow-up, or something that happened to the customer."""

    type = serializers.ChoiceField(choices=["activity", "event"])
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    name = serializers.CharField(help_text=str(gettext_lazy("The kind of follow-up, or the event's name.")))
    title = serializers.CharField()
    body = serializers.CharField()
    actor = serializers.CharField()
    pinned = serializers.BooleanField()


def timeline_items(page: timelines.Page) -> list[dict[str, Any]]:
    """The items of a page as the API shows them."""
    found = []
    for item in page.items:
        if item.activity is not None:
            one = item.activity
            actor = one.author or one.owner
            row = {"name": one.kind, "title": one.headline, "body": one.body, "actor": str(actor or "")}
            found.append(
                {"type": "activity", "id": one.pk, "at": item.at, "pinned": bool(one.pinned_at), **row}
            )
        elif item.event is not None:
            event = item.event
            row = {"name": event.name, "title": event.title, "body": "", "actor": event.who}
            found.append({"type": "event", "id": event.pk, "at": item.at, "pinned": False, **row})
    return found


class TimelineMixin:
    """The timeline action of the customers resource."""

    @extend_schema(responses=TimelineItemSerializer(many=True))
    @action(detail=True, methods=["get"])
    def timeline(self, request: Request, pk: str) -> Response:
        """Everything that happened with the customer, as far as the caller may see it, newest first."""
        customer = self.record()  # type: ignore[attr-defined]
        query = request.query_params
        if unknown := set(query) - {"kind", "text", "cursor", "page_size", "format"}:
            raise BadQuery({name: [_("Unknown parameter.")] for name in unknown})
        kind = query.get("kind", "")
        if kind and kind not in (*ActivityKind.values, timelines.SYSTEM):
            raise BadQuery({"kind": [_("Choose one of the values offered.")]})
        try:
            page = timelines.timeline(
                request.user,
                customer,
                kind=kind,
                text=query.get("text", "").replace("\x00", "")[:100],
                cursor=query.get("cursor", ""),
                limit=page_size(query, 20),
            )
        except (timelines.BadCursor, OverflowError) as error:
            raise BadQuery({"cursor": [_("Unknown cursor.")]}) from error
        link = following(request, cursor=page.next)
        return Response({"next": link, "previous": None, "results": timeline_items(page)})
