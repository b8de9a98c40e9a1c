"""The public pool (公海): when an idle record goes back, who is warned, and who may claim it.

Days are company dates. A record is due on its base date plus the rule's days; the nightly run of that day takes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crm.records.rules.calendar import HORIZON_DAYS, Calendar, add_working_days, is_workday

# Default values of settings an administrator edits.
IDLE_DAYS = 30
WARN_BEFORE = (3, 1)
CLAIMS_A_DAY, HOLDING_CAP = 10, 200
COOL_DOWN_DAYS = 30
CLAIMS_OF_ONE, CLAIMS_OF_ONE_DAYS = 2, 180
OWN_PROTECTION_DAYS, CLAIM_PROTECTION_DAYS, EXTENSION_DAYS = 7, 3, 30

DEAL, LOCKED, PROTECTED, OPPORTUNITY, APPROVAL, COMPLAINT, VALUED = (
    "deal",
    "locked",
    "protected",
    "opportunity",
    "approval",
    "complaint",
    "valued",
)
TAKEN, LIMIT_A_DAY, CAP, COOLING, CLAIMED_OFTEN = "taken", "day", "cap", "cooling", "often"


@dataclass(frozen=True)
class Standing:
    """What keeps a record with its owner on a day.

    `opportunity` is an open one with a dated next step or at 50 % and more; `valued` a customer of tier A or B, which
    only a manager lets go.
    """

    deal: bool = False
    locked: bool = False
    protected_until: date | None = None
    opportunity: bool = False
    approval: bool = False
    complaint: bool = False
    valued: bool = False


def base_date(owner_since: date, last_follow_up: date | None, extended_to: date | None = None) -> date:
    """The day silence counts from: the latest of taking it over, the last valid follow-up and an extension."""
    return max(day for day in (owner_since, last_follow_up, extended_to) if day is not None)


def due_on(base: date, days: int, *, calendar: Calendar | None = None) -> date:
    """The day the record goes back; with a calendar the days are working days."""
    return add_working_days(calendar, base, days) if calendar else base + timedelta(days=days)


def warn_on(base: date, days: int, *, calendar: Calendar | None = None) -> tuple[date, ...]:
    """The days on which its owner is warned: three days and one day before."""
    return tuple(due_on(base, days - before, calendar=calendar) for before in WARN_BEFORE if days > before)


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


def exemption(standing: Standing, today: date) -> str:
    """Why a record stays although it is due, or nothing."""
    held = (
        (DEAL, standing.deal),
        (LOCKED, standing.locked),
        (PROTECTED, standing.protected_until is not None and standing.protected_until >= today),
        (OPPORTUNITY, standing.opportunity),
        (APPROVAL, standing.approval),
        (COMPLAINT, standing.complaint),
        (VALUED, standing.valued),
    )
    return next((reason for reason, holds in held if holds), "")


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
