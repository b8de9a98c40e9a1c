"""What somebody had best do next, and why: each rule looks at the facts of one record. Pure: today is an argument.

What is at stake decides the order, in the base currency; who waits for an answer comes before all of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ANSWER, TAKE_UP, CLOSE, REVIVE, ASK, EXTEND, RENEW, COLLECT = (
    "answer", "take_up", "close", "revive", "ask", "extend", "renew", "collect",
)  # fmt: skip
FRESH = 3  # days in which somebody who asked still waits for us
CLOSES_WITHIN = 7  # days
ANSWER_WITHIN = 14
SEEN_WITHIN = 3
RUNS_OUT_WITHIN = 3
ENDS_WITHIN = 30
HOT = 60  # the score from which marketing hands a lead over


@dataclass(frozen=True)
class Action:
    """One thing to do: its kind, the record it is about, whose record that belongs to, how urgent, what is at stake."""

    kind: str
    key: int
    about: str  # the same for everything about one customer or lead
    days: int = 0
    stake: Decimal = Decimal(0)
    waits: bool = False  # somebody waits for an answer of ours

    @property
    def name(self) -> str:
        """How it is known when it is put off."""
        return f"{self.kind}:{self.key}"


def for_answer(days: int) -> str:
    """Somebody answered and nobody has been in touch since."""
    return ANSWER if days <= ANSWER_WITHIN else ""


def for_lead(*, asked_days: int | None, score: Decimal, touched: bool, planned: bool) -> str:
    """A lead that asked for contact, or is hot, and with whom nobody has been in touch and nothing is planned."""
    if touched or planned:
        return ""
    return TAKE_UP if asked_days is not None or score >= HOT else ""


def for_deal(*, today: date, closes: date | None, idle: int, rot_days: int | None, planned: bool) -> str:
    """A deal about to close without a next step, or in which nothing has happened for longer than its stage allows."""
    if not planned and closes is not None and (closes - today).days <= CLOSES_WITHIN:
        return CLOSE
    if rot_days is not None and idle > rot_days:
        return REVIVE
    return ""


def for_quote(*, today: date, valid_until: date, seen_days: int | None) -> str:
    """A quote without an answer that runs out, or was looked at these days."""
    if 0 <= (valid_until - today).days <= RUNS_OUT_WITHIN:
        return EXTEND
    return ASK if seen_days is not None and seen_days <= SEEN_WITHIN else ""


def for_contract(*, today: date, ends: date | None, has_open_deal: bool) -> str:
    """A contract that ends soon while nothing is on its way with the customer."""
    if ends is None or has_open_deal:
        return ""
    return RENEW if 0 <= (ends - today).days <= ENDS_WITHIN else ""


def for_debt(*, today: date, due: date, open_amount: Decimal) -> str:
    """An instalment past its day of which something is still open."""
    return COLLECT if open_amount > 0 and due < today else ""


def best(actions: Iterable[Action], most: int) -> list[Action]:
    """The best of them, one for each customer or lead: who waits first, then by what is at stake, then the most urgent."""
    ordered = sorted(actions, key=lambda one: (not one.waits, -one.stake, one.days, one.name))
    found: dict[str, Action] = {}
    for one in ordered:
        found.setdefault(one.about, one)
    return list(found.values())[:most]
