"""What leaves the bin for good."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.services.purging import BIN_DAYS, purge
from crm.events.actor import Actor
from sales.events.orders import ORDER_PURGED
from sales.events.products import PRODUCT_PURGED
from sales.events.quotes import QUOTE_PURGED
from sales.models import OpportunityLine, Order, OrderLine, Product, Quote, QuoteLine


@transaction.atomic
def purge_sales_bin(*, actor: Actor, days: int = BIN_DAYS) -> int:
    """Delete for good what has lain in the bin for 30 days; products that lines speak of stay there."""
    gone = purge(Quote._base_manager.all(), QUOTE_PURGED, actor=actor, days=days)
    gone += purge(Order._base_manager.all(), ORDER_PURGED, actor=actor, days=days)
    sold = [
        Exists(model._base_manager.filter(product=OuterRef("pk")))
        for model in (QuoteLine, OrderLine, OpportunityLine)
    ]
    unsold = Product._base_manager.exclude(sold[0] | sold[1] | sold[2])
    return gone + purge(unsold, PRODUCT_PURGED, actor=actor, days=days)
