"""What reports show on the pages of other modules."""

from typing import Any

from accounts.queries.today import Whose, leads
from reports.queries.standing import standing
from reports.queries.targets import has_target
from reports.words import short_label


def today_standing(who: Whose) -> dict[str, Any] | None:
    """How the month stands: for those who look at their team, and for salespeople who have a target."""
    # What a leader sees is the team's, never their own alone.
    shown = who.team or (has_target(who.user) and not leads(who.user))
    found = standing(who.user) if shown else None
    return found and {"standing": found, "month": short_label(found.month)}
