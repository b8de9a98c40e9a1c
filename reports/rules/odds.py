"""What history says of open deals: how often a stage is won, and when.

Weeks are counted from entering the stage. Chances are fractions.
"""

from collections.abc import Sequence

LEAST_CLOSED = 30  # below so many closed deals a stage keeps its own probability
MOST_WEEKS = 60  # older than this is all one


def stage_chance(won: int, closed: int) -> float | None:
    """P(win | stage): won over closed of those that ever entered it; None where there are too few to say."""
    return won / closed if closed >= LEAST_CLOSED else None


def closes_within(weeks: Sequence[int], first_day: int, last_day: int) -> list[float]:
    """P(closed between two days from now | so old in the stage and not closed), by age in weeks.

    `weeks[i]` won deals took i weeks. Within a week deals close evenly. What has outlasted every deal that was won has
    no chance left.
    """
    whole = [*weeks[: MOST_WEEKS + 1], *[0] * (MOST_WEEKS + 1 - len(weeks))]
    whole[MOST_WEEKS] += sum(weeks[MOST_WEEKS + 1 :])
    if last_day < 0:
        return [0.0] * (MOST_WEEKS + 1)
    start = max(first_day, 0) / 7
    end = (last_day + 1) / 7  # the whole of the last day
    found = []
    for age in range(MOST_WEEKS + 1):
        left = sum(whole[age:])
        inside = _until(whole, age + end) - _until(whole, age + start)
        found.append(round(min(1.0, inside / left), 6) if left else 0.0)
    return found


def _until(weeks: Sequence[int], moment: float) -> float:
    """How many had closed so many weeks after entering."""
    full = min(int(moment), len(weeks))
    found = float(sum(weeks[:full]))
    return found + weeks[full] * (moment - full) if full < len(weeks) else found
