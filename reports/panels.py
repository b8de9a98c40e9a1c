"""What reports show on the pages of other modules."""

from typing import Any

from accounts.queries.today import Whose
from reports.queries.standing import standing
from reports.words import short_label


def today_standing(who: Whose) -> dict[str, Any] | None:
    """How the month stands, on Today of those who look at their team."""
    found = standing(who.user) if who.team else None
    return found and {"standing": found, "month": short_label(found.month)}
