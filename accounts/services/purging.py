"""What leaves the bin for good."""

import datetime

from django.db import models, transaction
from django.utils import timezone

from accounts.events import CONTACT_PURGED, CUSTOMER_PURGED
from accounts.models import Contact, Customer
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.recording import EventRow, record_events

BIN_DAYS = 30


@transaction.atomic
def purge_bin(*, actor: Actor, days: int = BIN_DAYS) -> int:
    """Delete for good what has lain in the bin for 30 days; returns how many customers and contacts went."""
    customers = Customer._base_manager.filter(first_deal_at__isnull=True, merged_into__isnull=True)
    gone = purge(customers, CUSTOMER_PURGED, actor=actor, days=days)
    return gone + purge(Contact._base_manager.all(), CONTACT_PURGED, actor=actor, days=days)


def purge(rows: models.QuerySet, event: EventType, *, actor: Actor, days: int = BIN_DAYS) -> int:
    """Delete for good those of the rows whose days in the bin are over, at most 1,000 at a time; returns how many went."""
    model = rows.model
    limit = timezone.now() - datetime.timedelta(days=days)
    held = rows.select_for_update(skip_locked=True, of=("self",)).filter(deleted_at__lt=limit)
    ids = list(held.order_by("pk").values_list("pk", flat=True)[:1000])
    record_events(event, [EventRow(model, pk) for pk in ids], actor=actor)
    model._base_manager.filter(pk__in=ids).delete()
    return len(ids)
