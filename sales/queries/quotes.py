"""What is read of quotes; whose rows they are is decided by `crm.identity.access`."""

from django.db import models

from sales.models import Quote, QuoteStatus

OPEN_STATUSES = (QuoteStatus.DRAFT, QuoteStatus.IN_APPROVAL, QuoteStatus.APPROVED, QuoteStatus.SENT)


def quote_list() -> models.QuerySet[Quote]:
    """Quotes outside the bin and of customers outside it, with what the columns of the list read."""
    rows = Quote.objects.filter(customer__deleted_at__isnull=True)
    return rows.select_related("customer", "owner", "team", "contact", "opportunity")


def quote_bin() -> models.QuerySet[Quote]:
    """Quotes in the bin."""
    rows = Quote._base_manager.filter(deleted_at__isnull=False)
    return rows.select_related("customer", "owner", "team")


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
