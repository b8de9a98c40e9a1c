"""The products a deal is about; with lines its amount is what they come to."""

from collections.abc import Iterable

from django.db import transaction

from crm.core.clock import company_today
from crm.core.writes import check_version, save_versioned
from crm.events.actor import Actor
from crm.events.recording import recording
from sales.events.opportunities import OPPORTUNITY_UPDATED
from sales.models import Opportunity, PriceBook
from sales.services.lines import Draft, check_book, reckon, write_lines
from sales.services.opportunities import in_use
from sales.services.stages import locked


@transaction.atomic
def set_opportunity_lines(
    opportunity: Opportunity,
    lines: Iterable[Draft],
    *,
    actor: Actor,
    book: PriceBook | None = None,
    expected: int | None = None,
) -> Opportunity:
    """Say what a deal is about; its amount follows its lines, and is typed by hand again when there are none."""
    opportunity = locked(opportunity)
    in_use(opportunity)
    check_version(opportunity, expected)
    check_book(book, opportunity.currency)
    reckoned = reckon(lines, currency=opportunity.currency, tax_included=True, day=company_today(), book=book)
    with recording(OPPORTUNITY_UPDATED, opportunity, actor=actor, about=[opportunity.customer]) as draft:
        draft.payload["lines"] = len(reckoned.lines)
        if reckoned.lines:
            opportunity.amount = reckoned.totals.gross
        save_versioned(opportunity, ["amount"])
        write_lines(opportunity, reckoned)
    return opportunity
