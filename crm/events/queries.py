"""Reading the event log."""

from django.db import models

from crm.events.models import Event
from crm.events.recording import key_of


def events_about(*records: models.Model) -> models.QuerySet[Event]:
    """Everything that happened to the records or to what belongs to them, newest first."""
    return Event._base_manager.filter(about__overlap=[key_of(r) for r in records]).order_by("-at", "-pk")
