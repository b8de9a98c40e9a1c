"""Which target counts for a period, and what is missing."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from reports.rules.periods import MONTH, QUARTER, YEAR, Period

FINER = {YEAR: (QUARTER, MONTH), QUARTER: (MONTH,), MONTH: ()}


def target(set_: Mapping[tuple[str, date], Decimal], period: Period) -> Decimal | None:
    """The target of a period: the one set for it, else the sum of its quarters, else of its months; None without any.

    A quarter of a year may itself be the sum of its months.
    """
    if (period.kind, period.first) in set_:
        return set_[period.kind, period.first]
    for kind in FINER[period.kind]:
        found = [value for part in period.parts(kind) if (value := target(set_, part)) is not None]
        if found:
            return sum(found, Decimal(0))
    return None


def team_target(own: Decimal | None, members: list[Decimal]) -> Decimal | None:
    """A team's target: its own where one was set, else the sum of its members'."""
    return own if own is not None else sum(members, Decimal(0)) if members else None


def together(
    teams: Mapping[int, Decimal], own: Collection[int], parents: Mapping[int, int | None]
) -> Decimal | None:
    """What several teams are to reach together: a team above that has a target of its own speaks for all below it."""
    counted = [value for team, value in teams.items() if not _spoken_for(team, own, parents)]
    return sum(counted, Decimal(0)) if counted else None


def _spoken_for(team: int, own: Collection[int], parents: Mapping[int, int | None]) -> bool:
    """Whether one of the teams above has a target of its own."""
    seen, above = {team}, parents.get(team)
    while above is not None and above not in seen:
        if above in own:
            return True
        seen.add(above)
        above = parents.get(above)
    return False


def gap(quota: Decimal | None, reached: Decimal) -> Decimal | None:
    """What is still missing, nothing once it is reached; None without a target."""
    return None if quota is None else max(quota - reached, Decimal(0))
