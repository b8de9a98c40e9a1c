"""What a lead is worth following up: fit, decaying engagement, and what speaks against it (线索评分)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from crm.core.money import q2

FIT_MOST = ENGAGEMENT_MOST = 50
# Default values of what an administrator sets.
HALF_LIFE_DAYS = 30
FIT = {"industry": 20, "size": 15, "role": 10, "region": 5}
BEHAVIOUR = {"form": 15, "pricing": 10, "meeting": 20, "click": 5, "reply": 15}
NEGATIVE = {"free_mail": 5, "competitor": 50, "unsubscribed": 20}
MQL_SCORE, MQL_FIT = 60, 25


@dataclass(frozen=True)
class Points:
    """What each fact that fits, each thing a lead does and each fact against it bring, and how fast what it did fades."""

    fit: Mapping[str, int]
    behaviour: Mapping[str, int]
    negative: Mapping[str, int]
    half_life: int = HALF_LIFE_DAYS

    @property
    def most(self) -> dict[str, int]:
        """The most each part of a score brings, or takes."""
        return {**self.fit, **self.behaviour, **self.negative}


DEFAULT = Points(FIT, BEHAVIOUR, NEGATIVE)


@dataclass(frozen=True)
class Touch:
    """One thing the lead did, `age` days ago."""

    kind: str
    points: Decimal | int
    age: Decimal | int


@dataclass(frozen=True)
class Score:
    """A score with its parts: each capped sum, and what every fact and touch brought to it."""

    fit: Decimal
    engagement: Decimal
    negative: Decimal
    parts: tuple[tuple[str, Decimal], ...]

    @property
    def total(self) -> Decimal:
        return max(Decimal(0), self.fit + self.engagement - self.negative)


def decayed(touch: Touch, half_life: int = HALF_LIFE_DAYS) -> Decimal:
    """What is left of a touch's points: half after every 30 days, or as many as are set."""
    return Decimal(touch.points) * Decimal(2) ** (-Decimal(max(touch.age, 0)) / half_life)


def lead_score(
    fit: Mapping[str, Decimal | int],
    touches: Sequence[Touch],
    negative: Mapping[str, Decimal | int],
    half_life: int = HALF_LIFE_DAYS,
) -> Score:
    """Fit and engagement, capped apart at 50 points each, less the negatives; never below nothing."""
    lived: dict[str, Decimal] = {}
    for touch in touches:
        lived[touch.kind] = lived.get(touch.kind, Decimal(0)) + decayed(touch, half_life)
    parts = [(key, Decimal(points)) for key, points in fit.items()]
    parts += [(key, q2(points)) for key, points in lived.items()]
    parts += [(key, -Decimal(points)) for key, points in negative.items()]
    return Score(
        fit=min(Decimal(FIT_MOST), sum(map(Decimal, fit.values()), Decimal(0))),
        engagement=q2(min(Decimal(ENGAGEMENT_MOST), sum(lived.values(), Decimal(0)))),
        negative=sum(map(Decimal, negative.values()), Decimal(0)),
        parts=tuple(parts),
    )


def is_mql(score: Score, *, hand_raised: bool = False) -> bool:
    """Whether marketing hands the lead over: 60 points of which 25 are fit, or somebody raised their hand."""
    return hand_raised or (score.total >= MQL_SCORE and score.fit >= MQL_FIT)
