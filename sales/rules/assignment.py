"""Who gets a lead: the strategies of an assignment group (分配).

Pure: the members come in as the moment finds them, the answer is one of their keys, or None where nobody is free and
the fallback takes over. Skipped members get no credit for being skipped.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from fractions import Fraction
from itertools import zip_longest

ABSENT, OFF_SHIFT, INACTIVE, FULL, MISSED = "absent", "off_shift", "inactive", "full", "missed"
UNSKILLED = "unskilled"
USUAL_CAP = 100  # what the load of somebody without a cap is measured by
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Member:
    """Somebody of a group: what they have open, how much they may have, and what they are good at.

    `current` is the running number of smooth weighting, kept from one lead to the next. `hindrance` says why they take
    nothing at the moment; being full follows from `open` and `cap`.
    """

    key: int
    open: int = 0
    cap: int | None = None
    weight: int = 1
    current: int = 0
    last_assigned_at: datetime | None = None
    territories: frozenset[str] = frozenset()
    skills: Mapping[str, int] = field(default_factory=dict)
    hindrance: str = ""

    @property
    def skipped(self) -> str:
        """Why they are passed over, or nothing."""
        full = self.cap is not None and self.open >= self.cap
        return self.hindrance or (FULL if full else "")


@dataclass(frozen=True)
class Choice:
    """Who was chosen, and the running numbers to keep for the next lead."""

    key: int | None
    currents: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Traits:
    """What rules look at in a lead; regions and industries from the narrowest to the widest."""

    source: str = ""
    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    size: int | None = None
    text: str = ""  # need, campaign and channel, folded
    language: str = "zh"

    @property
    def places(self) -> tuple[str, ...]:
        """Where and what it is, the narrowest first: a district before a city, a sub-industry before an industry."""
        return tuple(
            place
            for pair in zip_longest(self.regions, self.industries)
            for place in pair
            if place is not None
        )


@dataclass(frozen=True)
class Conditions:
    """What a rule asks of a lead; an empty condition always holds."""

    sources: Collection[str] = ()
    regions: Collection[str] = ()
    industries: Collection[str] = ()
    size_from: int | None = None
    size_to: int | None = None
    products: Collection[str] = ()
    languages: Collection[str] = ()


def unmet(asked: Conditions, lead: Traits) -> str:
    """The first condition a lead does not meet, or nothing where all hold."""
    small = asked.size_from is not None and (lead.size is None or lead.size < asked.size_from)
    large = asked.size_to is not None and (lead.size is None or lead.size > asked.size_to)
    checks = (
        ("source", asked.sources and lead.source not in asked.sources),
        ("region", asked.regions and not set(asked.regions) & set(lead.regions)),
        ("industry", asked.industries and not set(asked.industries) & set(lead.industries)),
        ("size", small or large),
        ("product", asked.products and not any(word.casefold() in lead.text for word in asked.products)),
        ("language", asked.languages and lead.language not in asked.languages),
    )
    return next((name for name, failed in checks if failed), "")


def off_shift(now: time, begins: time | None, ends: time | None) -> bool:
    """Whether somebody does not work at an hour; a shift may go over midnight, and without one they always do."""
    if begins is None or ends is None or begins == ends:
        return False
    within = begins <= now < ends if begins < ends else now >= begins or now < ends
    return not within


def language_of(text: str) -> str:
    """The language somebody probably speaks by how they write: Chinese where there is a Chinese character."""
    return "zh" if not text or any("\u4e00" <= letter <= "\u9fff" for letter in text) else "en"


def choose(
    strategy: str,
    members: Sequence[Member],
    *,
    last: int | None = None,
    places: Sequence[str] = (),
    required: Mapping[str, int] | None = None,
) -> Choice:
    """Who of a group gets the next lead by the group's strategy."""
    if required:  # skills a rule asks for narrow every strategy
        members = [
            member if able(member, required) else replace(member, hindrance=member.hindrance or UNSKILLED)
            for member in members
        ]
    if strategy == "round_robin":
        return round_robin(members, last)
    if strategy == "weighted":
        return weighted(members)
    if strategy == "territory":
        return most_specific(members, places)
    return least_loaded(members)  # by load, or by load among those who have the skills


def round_robin(members: Sequence[Member], last: int | None) -> Choice:
    """轮询: the next free one after whoever came last."""
    start = next((place + 1 for place, member in enumerate(members) if member.key == last), 0)
    around = [*members[start:], *members[:start]]
    return Choice(next((member.key for member in around if not member.skipped), None))


def weighted(members: Sequence[Member]) -> Choice:
    """加权: smooth weighted round robin, so that 3:2:1 gives A B A C B A and not A A A B B C."""
    free = [replace(member, current=member.current + member.weight) for member in _free(members)]
    if not free:
        return Choice(None)
    chosen = max(free, key=lambda member: member.current)  # the first of equals
    total = sum(member.weight for member in free)
    currents = {member.key: member.current for member in free}
    return Choice(chosen.key, currents | {chosen.key: chosen.current - total})


def least_loaded(members: Iterable[Member]) -> Choice:
    """负载: the smallest share of their cap in use; among equals whoever has waited longest."""
    free = _free(members)
    return Choice(min(free, key=_load).key if free else None)


def most_specific(members: Sequence[Member], places: Sequence[str]) -> Choice:
    """区域/行业: who has the most specific place, the narrowest first in `places`; among several the least loaded."""
    for place in places:
        choice = least_loaded(member for member in members if place in member.territories)
        if choice.key is not None:
            return choice
    return Choice(None)


def able(member: Member, required: Mapping[str, int]) -> bool:
    """Whether somebody has every skill asked for at its level."""
    return all(member.skills.get(skill, 0) >= level for skill, level in required.items())


def _free(members: Iterable[Member]) -> list[Member]:
    return [member for member in members if not member.skipped]


def _load(member: Member) -> tuple[Fraction, datetime]:
    """How full somebody is, then how long they have waited."""
    return Fraction(member.open, member.cap or USUAL_CAP), member.last_assigned_at or _NEVER
