"""Which of two values the merged customer keeps unless somebody chooses otherwise, and what undoing a merge restores."""

from collections.abc import Mapping
from typing import Any, TypeVar

UNDO_DAYS = 30
WINNER, LOSER = "winner", "loser"
FIRST_SOURCE = ("source", "source_detail")  # where a customer came from first never changes
T = TypeVar("T")


def default_pick(field: str, winner: Any, loser: Any, *, loser_is_older: bool) -> str:
    """The record kept keeps its value; its blanks are filled, and the first source is that of the older record."""
    if loser in (None, ""):
        return WINNER
    if winner in (None, ""):
        return LOSER
    return LOSER if field in FIRST_SOURCE and loser_is_older else WINNER


def earliest(one: T | None, other: T | None) -> T | None:
    """The earlier of two dates, either of which may be missing."""
    return min((value for value in (one, other) if value is not None), default=None)  # type: ignore[type-var]


def take_back(
    changes: Mapping[str, tuple[Any, Any]], now: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Three ways: fields that still hold what the merge wrote go back, those edited since are kept and named."""
    back = {name: before for name, (before, merged) in changes.items() if now[name] == merged}
    return back, [name for name in changes if name not in back]
