"""The company's clock: business rules follow its zone, whatever zone a reader has."""

from datetime import date, datetime, time

from django.utils import timezone


def company_day(moment: datetime) -> date:
    """The day on which a moment falls in the company's zone."""
    return timezone.localdate(moment, timezone.get_default_timezone())


def company_today() -> date:
    """Today in the company's zone."""
    return company_day(timezone.now())


def company_midnight(day: date) -> datetime:
    """The moment at which a day begins in the company's zone."""
    return timezone.make_aware(datetime.combine(day, time()), timezone.get_default_timezone())
