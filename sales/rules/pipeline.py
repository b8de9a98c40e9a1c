"""Moving through a pipeline: what counts as idle, and what a move means."""

from datetime import date, datetime
from itertools import pairwise

FORWARD, SKIP, BACK, SAME = "forward", "skip", "back", "same"


def idle_days(now: datetime, *moments: datetime | None) -> int:
    """Whole days since the last thing that really happened (follow-up, mail, note, change of stage); plans do not count."""
    happened = [moment for moment in moments if moment is not None]
    return max(0, (now - max(happened)).days) if happened else 0


def is_rotting(idle: int, limit: int | None) -> bool:
    """停滞: idle for longer than the stage allows; stages without a limit never rot."""
    return limit is not None and idle > limit


def move_kind(stages: list[int], before: int, after: int) -> str:
    """Whether a move goes one stage on, skips some (it asks for confirmation), goes back, or nowhere."""
    start, end = stages.index(before), stages.index(after)
    if end == start:
        return SAME
    if end < start:
        return BACK
    return FORWARD if end == start + 1 else SKIP


def pushes(close_dates: list[date]) -> int:
    """How often the expected close was put off."""
    return sum(later > earlier for earlier, later in pairwise(close_dates))
