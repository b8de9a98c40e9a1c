"""The model of chances: what an observation of an open deal is, and how few are too few.

Features are known at the time of the observation and filled in alike for deals later won and lost. Left out on purpose:
the competitor (mostly written down on losing) and the tier (it follows from winning).
"""

import math

from sales.rules.chances import POSITIVES_NEEDED, ROWS_NEEDED

EVERY = 28  # days between two observations of a deal that stays where it is
MOST_PUSHES = 5
HELD_OUT = 5  # one in so many, the newest, is kept apart to say how good the model is
FEATURES = ("in_stage", "age", "pushes", "amount")


def enough(closed: int, won: int) -> bool:
    """Whether there is history enough to learn from."""
    return closed >= ROWS_NEEDED and POSITIVES_NEEDED <= won < closed


def observed_at(stay_days: int) -> list[int]:
    """On which days of a stay in a stage a deal is looked at: on entering it, and every four weeks."""
    return list(range(0, max(stay_days, 0) + 1, EVERY))


def features(in_stage: int, age: int, pushes: int, amount: float) -> list[float]:
    """The numbers of one observation; the amount's logarithm is brought to scale with those of all."""
    return [
        math.log1p(max(in_stage, 0)),
        math.log1p(max(age, 0)),
        min(pushes, MOST_PUSHES),
        math.log1p(amount),
    ]
