"""The way of a lead: which status may follow which, and what its facts are worth before anybody spoke to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sales.rules.scoring import DEFAULT, Points

NEW, WORKING, QUALIFIED, CONVERTED, DISQUALIFIED = "new", "working", "qualified", "converted", "disqualified"
# What people may do by hand. Converting has its own way, and a converted lead stays what it is.
MOVES: Mapping[str, tuple[str, ...]] = {
    NEW: (WORKING, QUALIFIED, DISQUALIFIED),
    WORKING: (QUALIFIED, DISQUALIFIED),
    QUALIFIED: (WORKING, DISQUALIFIED),
    DISQUALIFIED: (WORKING,),
    CONVERTED: (),
}
BANT_NEEDED = 3
DECIDING_TITLES = (
    "总经理", "总裁", "董事", "老板", "总监", "厂长", "负责人", "法人", "合伙人", "ceo", "cto", "cfo", "coo", "cio",
    "president", "founder", "owner", "director", "head of", "vp", "partner", "chief",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Whom the company sells to: industry and region codes (sections and provinces count with what is in them), and sizes."""

    industries: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    size_from: int | None = None
    size_to: int | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of a lead: codes from narrow to wide, employees, title, and what speaks against it."""

    industries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    size: int | None = None
    title: str = ""
    free_mail: bool = False
    competitor: bool = False
    unsubscribed: bool = False


def may_move(before: str, after: str) -> bool:
    """Whether people may put a lead from one status into another."""
    return after in MOVES.get(before, ())


def decides(title: str) -> bool:
    """Whether a job title sounds like somebody who decides."""
    lowered = title.lower()
    return any(word in lowered for word in DECIDING_TITLES)


def fit_of(facts: Facts, target: Target, points: Points = DEFAULT) -> dict[str, Decimal]:
    """The points of each fact that fits; without a target every known fact of its kind fits."""
    fits = {
        "industry": _within(facts.industries, target.industries),
        "region": _within(facts.regions, target.regions),
        "size": _sized(facts.size, target),
        "role": decides(facts.title),
    }
    return {key: Decimal(points.fit[key]) for key, fit in fits.items() if fit}


def negatives_of(facts: Facts, points: Points = DEFAULT) -> dict[str, Decimal]:
    """The points that speak against it."""
    held = {
        "free_mail": facts.free_mail,
        "competitor": facts.competitor,
        "unsubscribed": facts.unsubscribed,
    }
    return {key: Decimal(points.negative[key]) for key, holds in held.items() if holds}


def _within(codes: tuple[str, ...], wanted: frozenset[str]) -> bool:
    return bool(codes) and (not wanted or not wanted.isdisjoint(codes))


def _sized(size: int | None, target: Target) -> bool:
    if size is None:
        return False
    return (target.size_from or 0) <= size and (target.size_to is None or size <= target.size_to)
