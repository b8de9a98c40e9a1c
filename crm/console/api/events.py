"""REST: the audit log, for administrators."""

from rest_framework import serializers

from crm.console.listings import EVENTS
from crm.events.models import Event
from crm.listing.rest.viewsets import RecordViewSet


class EventSerializer(serializers.ModelSerializer):
    """One entry of the audit log; personal values stay sealed in it."""

    title = serializers.CharField(read_only=True)

    class Meta:
        model = Event
        fields = [
            "id",
            "name",
            "title",
            "at",
            "actor_kind",
            "actor_id",
            "actor_name",
            "origin",
            "request_id",
            "subject_type",
            "subject_id",
            "about",
            "changes",
            "payload",
        ]


class EventViewSet(RecordViewSet):
    """The audit log, for administrators."""

    listing = EVENTS
    serializer_class = EventSerializer


ROUTES = [("events", EventViewSet)]
