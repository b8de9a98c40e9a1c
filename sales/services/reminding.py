"""People hear of instalments that come due or are late, each day of speaking once, whatever fails in between."""

import datetime

from django.db import transaction
from django.db.models import DateField, Exists, ExpressionWrapper, F, OuterRef
from django.db.models.functions import TruncDate
from django.utils import timezone

from crm.core.clock import company_today
from crm.events.actor import Actor
from sales.models import PaymentPlan, PaymentReminder
from sales.queries.payments import OWED, payment_list
from sales.rules.payments import reminder_windows
from sales.services.money_news import tell_due

BATCH = 500


def remind_of_payments(*, actor: Actor) -> int:
    """Tell of open instalments 7 and 3 days before they are due, on the day, and 1, 7 and 30 days after it; how many.

    Safe to run twice and at once: of each instalment, due date and day one row is kept with its news, in one transaction.
    What was not told in time is told when this runs again; an instalment written down later than its day is not spoken of.
    """
    today = company_today()
    return sum(_remind(days, first, last, actor) for days, first, last in reminder_windows(today))


def _remind(days: int, first: datetime.date | None, last: datetime.date, actor: Actor) -> int:
    told = PaymentReminder.objects.filter(instalment=OuterRef("pk"), due_date=OuterRef("due_date"), days=days)
    rows = payment_list().filter(OWED, due_date__lte=last).exclude(Exists(told)).order_by("pk")
    # One that was not there on that day, by an import or a correction, is not spoken of for it.
    spoken = ExpressionWrapper(F("due_date") + datetime.timedelta(days=days), DateField())
    written = TruncDate("created_at", tzinfo=timezone.get_default_timezone())
    rows = rows.alias(written=written).filter(written__lte=spoken)
    if first is not None:
        rows = rows.filter(due_date__gte=first)
    rows = rows.select_related("order__customer", "order__owner", "order__team__leader")
    count, after = 0, 0
    while batch := list(rows.filter(pk__gt=after)[:BATCH]):
        after = batch[-1].pk
        count += sum(_tell(row, days, actor) for row in batch)
    return count


def _tell(row: PaymentPlan, days: int, actor: Actor) -> bool:
    """One piece of news with the row that says it was told, or neither."""
    with transaction.atomic():
        _kept, fresh = PaymentReminder.objects.get_or_create(instalment=row, due_date=row.due_date, days=days)
        if fresh:  # of two that run at once the unique key lets one through
            tell_due(row, days, actor)
    return fresh
