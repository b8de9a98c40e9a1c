"""What leaves the bin for good."""

import datetime

from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.recording import EventRow, record_events
from sales.events.orders import ORDER_PURGED
from sales.events.products import PRODUCT_PURGED
from sales.events.quotes import QUOTE_PURGED
from sales.models import OpportunityLine, Order, OrderLine, Product, Quote, QuoteLine

BIN_DAYS = 30


@transaction.atomic
def purge_sales_bin(*, actor: Actor, days: int = BIN_DAYS) -> int:
    """Delete for good what has lain in the bin for 30 days; products that lines speak of stay there."""
    gone = _purge(Quote._base_manager.all(), QUOTE_PURGED, actor, days)
    gone += _purge(Order._base_manager.all(), ORDER_PURGED, actor, days)
    sold = [
        Exists(model._base_manager.filter(product=OuterRef("pk")))
        for model in (QuoteLine, OrderLine, OpportunityLine)
    ]
    unsold = Product._base_manager.exclude(sold[0] | sold[1] | sold[2])
    return gone + _purge(unsold, PRODUCT_PURGED, actor, days)


def _purge(rows: models.QuerySet, event: EventType, actor: Actor, days: int) -> int:
    model = rows.model
    limit = timezone.now() - datetime.timedelta(days=days)
    held = rows.select_for_update(skip_locked=True, of=("self",)).filter(deleted_at__lt=limit)
    ids = list(held.order_by("pk").values_list("pk", flat=True)[:1000])
    record_events(event, [EventRow(model, pk) for pk in ids], actor=actor)
    model._base_manager.filter(pk__in=ids).delete()
    return len(ids)
