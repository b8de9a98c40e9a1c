"""The public pool (公海): when an idle record goes back, who is warned, and who may claim it.

Days are company dates. A record is due on its base date plus the rule's days; the nightly run of that day takes it.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from crm.records.rules.calendar import HORIZON_DAYS, Calendar, add_working_days, is_workday

# Default values of settings an administrator edits.
IDLE_DAYS = 30
WARN_BEFORE = (3, 1)
CLAIMS_A_DAY, HOLDING_CAP = 10, 200
COOL_DOWN_DAYS = 30
CLAIMS_OF_ONE, CLAIMS_OF_ONE_DAYS = 2, 180
OWN_PROTECTION_DAYS, CLAIM_PROTECTION_DAYS, EXTENSION_DAYS = 7, 3, 30

DEAL, LOCKED, PROTECTED, OPPORTUNITY, APPROVAL, VALUED = (
    "deal",
    "locked",
    "protected",
    "opportunity",
    "approval",
    "valued",
)  # what keeps a record with its owner (sales.queries.recycling)
LIMIT_A_DAY, CAP, COOLING, CLAIMED_OFTEN = "day", "cap", "cooling", "often"


def due_on(base: date, days: int, *, calendar: Calendar | None = None) -> date:
    """The day the record goes back; with a calendar the days are working days."""
    return add_working_days(calendar, base, days) if calendar else base + timedelta(days=days)


def latest_base(today: date, days: int, *, calendar: Calendar | None = None) -> date:
    """The latest base date that is due today: everything that counts from it or from before goes back."""
    if calendar is None:
        return today - timedelta(days=days)
    day, left, idle = today, days, 0
    while left and idle <= HORIZON_DAYS:
        worked = is_workday(calendar, day)
        left, idle = (left - 1, 0) if worked else (left, idle + 1)
        day -= timedelta(days=1)
    return day


def free_claims(*, holding: int, cap: int = HOLDING_CAP, today: int = 0, daily: int = CLAIMS_A_DAY) -> int:
    """How many more somebody may claim today; deal customers are not counted in `holding`."""
    return max(0, min(cap - holding, daily - today))


def reclaim_from(released_on: date, cool_down: int = COOL_DOWN_DAYS) -> date:
    """The first day on which the previous owner may claim a record again."""
    return released_on + timedelta(days=cool_down)


def claim_refusal(
    today: date,
    *,
    left_today: int,
    left_by_cap: int,
    released_on: date | None = None,
    own_claims: Sequence[date] = (),
    cool_down: int = COOL_DOWN_DAYS,
    most_of_one: int = CLAIMS_OF_ONE,
    of_one_days: int = CLAIMS_OF_ONE_DAYS,
) -> str:
    """Why somebody may not claim a record now, or nothing.

    `released_on` is the day it left this very person, `own_claims` the days on which they claimed it before.
    """
    if left_by_cap <= 0:
        return CAP
    if left_today <= 0:
        return LIMIT_A_DAY
    if released_on is not None and today < reclaim_from(released_on, cool_down):
        return COOLING
    since = today - timedelta(days=of_one_days)
    if sum(day > since for day in own_claims) >= most_of_one:
        return CLAIMED_OFTEN
    return ""
