"""Exchange rates by date."""

from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.records.events import RATE_SET
from crm.records.models import ExchangeRate


@transaction.atomic
def set_rate(
    currency: str, valid_from_date: date, rate: Decimal, *, actor: Actor, base: str = ""
) -> ExchangeRate:
    """Say what one unit of a currency is worth in the base currency from a date on; the same date is corrected."""
    base, currency = base or settings.BASE_CURRENCY, currency.strip().upper()
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha() or currency == base:
        raise RuleBroken(
            _("Choose a currency other than the base currency."), code="currency", field="currency"
        )
    if rate <= 0:
        raise RuleBroken(_("A rate is greater than zero."), code="rate", field="rate")
    row, _created = ExchangeRate.objects.update_or_create(
        currency=currency, base=base, valid_from_date=valid_from_date, defaults={"rate": rate}
    )
    record_event(RATE_SET, row, actor=actor, payload={"rate": str(rate), "from": valid_from_date.isoformat()})
    return row
