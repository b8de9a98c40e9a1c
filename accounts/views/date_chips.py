"""The chips that offer a date for the next step."""

import datetime
from typing import Any

from accounts.rules.next_dates import (
    IN_A_MONTH,
    IN_THREE_DAYS,
    IN_TWO_WEEKS,
    NEXT_MONDAY,
    TOMORROW,
    suggestions,
)
from crm.core.clock import company_today
from crm.records.queries import business_calendar
from crm.records.rules.calendar import Calendar

CHIPS = (TOMORROW, IN_THREE_DAYS, NEXT_MONDAY, IN_TWO_WEEKS, IN_A_MONTH)


def date_chips(chosen: Any = None, calendar: Calendar | None = None) -> list[dict[str, Any]]:
    """Tomorrow, in three working days, next Monday… for the next step; each says why where its day was moved."""
    chosen = chosen.isoformat() if isinstance(chosen, datetime.date) else str(chosen or "")
    today = company_today()
    offered = {one.key: one for one in suggestions(calendar or business_calendar(), today)}
    keys = [key for key in CHIPS if key in offered][:4]  # two of them may fall on one day
    return [
        {
            "label": one.text(today),
            "value": one.date.isoformat(),
            "on": chosen == one.date.isoformat(),
            "why": one.reason,
        }
        for one in sorted((offered[key] for key in keys), key=lambda one: one.date)
    ]
