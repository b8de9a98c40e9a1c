"""What is read of quotes; whose rows they are is decided by `crm.identity.access`."""

from django.db import models
from django.utils import timezone

from crm.identity.access import narrow
from crm.identity.models import User
from sales.models import Quote, QuoteLink, QuoteStatus
from sales.queries.sums import sum_of

OPEN_STATUSES = (QuoteStatus.DRAFT, QuoteStatus.IN_APPROVAL, QuoteStatus.APPROVED, QuoteStatus.SENT)


def quote_list() -> models.QuerySet[Quote]:
    """Quotes with what the columns of the list read."""
    return Quote.objects.select_related("customer", "owner", "team", "contact", "opportunity")


def quote_bin() -> models.QuerySet[Quote]:
    """Quotes in the bin."""
    return Quote.objects.binned().select_related("customer", "owner", "team")


def quote_record() -> models.QuerySet[Quote]:
    """Quotes with what their page shows at once."""
    rows = quote_list().select_related("price_book", "supersedes", "superseded_by", "previous_owner")
    return rows.defer("search_text", "search_grams")


def open_quotes(rows: models.QuerySet[Quote]) -> models.QuerySet[Quote]:
    """Those of some quotes that still wait for somebody."""
    return rows.filter(status__in=OPEN_STATUSES, deleted_at__isnull=True)


def versions_of(quote: Quote) -> models.QuerySet[Quote]:
    """All versions under the quote's number, the newest first."""
    return Quote.objects.filter(number=quote.number).order_by("-revision")


def newest_q() -> models.Q:
    """Versions nothing newer has taken the place of."""
    return ~models.Q(status=QuoteStatus.SUPERSEDED)


def quote_total(rows: models.QuerySet[Quote]) -> str:
    """What some quotes come to, without the versions that were superseded, for the foot of the list."""
    return sum_of(rows.filter(newest_q()))


def open_link(quote: Quote) -> QuoteLink | None:
    """The way the customer has to a quote now."""
    rows = QuoteLink.objects.filter(quote=quote, revoked_at__isnull=True, expires_at__gt=timezone.now())
    return rows.order_by("-pk").first()


def quotes_of(user: User, **whose: models.Model) -> models.QuerySet[Quote]:
    """Those of a customer or a deal that somebody may see, the newest first."""
    rows = Quote.objects.filter(**whose)
    return narrow(rows, user).order_by("-created_at", "-pk")
