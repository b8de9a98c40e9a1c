"""Whether a flow is meant for a record: conditions are data, compared with what the kind measures of it."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

EQUALS, OTHER, FROM, BELOW, OVER, UP_TO, ONE_OF, HAS = (
    "eq", "ne", "gte", "lt", "gt", "lte", "in", "contains",
)  # fmt: skip
OF_NUMBERS = (FROM, BELOW, OVER, UP_TO, EQUALS, OTHER)
OF_CHOICES = (EQUALS, OTHER, ONE_OF)
OF_TEXTS = (EQUALS, OTHER, HAS)


def holds(condition: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Whether one condition is true of what was measured; what was not measured fulfils none but “is not”."""
    found, wanted, op = facts.get(condition["field"]), condition.get("value"), condition["op"]
    if op == ONE_OF:
        return str(found) in [str(one) for one in wanted or ()]
    if op == HAS:
        return found is not None and str(wanted).casefold() in str(found).casefold()
    left, right = number(found), number(wanted)
    if op in (EQUALS, OTHER):
        same = left == right if left is not None and right is not None else str(found) == str(wanted)
        return same if op == EQUALS else not same
    if left is None or right is None:
        return False
    return {FROM: left >= right, BELOW: left < right, OVER: left > right, UP_TO: left <= right}[op]


def all_hold(conditions: Iterable[Mapping[str, Any]], facts: Mapping[str, Any]) -> bool:
    """Whether every condition is true."""
    return all(holds(condition, facts) for condition in conditions)


def in_band(amount: Decimal | None, lower: Decimal | None, upper: Decimal | None) -> bool:
    """Whether an amount lies from the lower end on and below the upper; without an amount only an open band holds."""
    if amount is None:
        return lower is None and upper is None
    return (lower is None or amount >= lower) and (upper is None or amount < upper)


def without_repeats(steps: Sequence[tuple[str, Sequence[int]]], *, any_of: str) -> list[list[int]]:
    """Per step whom it still asks: who certainly has to agree earlier is not asked again.

    A step that any one of several may answer is settled by somebody who has agreed already, and falls away.
    """
    agreed: set[int] = set()
    left: list[list[int]] = []
    for mode, people in steps:
        certain = mode != any_of or len(people) == 1
        if mode == any_of:
            kept = [] if agreed & set(people) else list(people)
        else:
            kept = [one for one in people if one not in agreed]
        if certain:
            agreed |= set(kept)
        left.append(kept)
    return left


def number(value: Any) -> Decimal | None:
    """The number a value means, None for what is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def leads_back(hops: Iterable[tuple[int, int]], start: int, to: int) -> bool:
    """Whether handing on from `start` to `to`, and on along the hops there are, comes back to `start`."""
    onward: dict[int, set[int]] = {}
    for source, target in hops:
        onward.setdefault(source, set()).add(target)
    waiting, seen = [to], set()
    while waiting:
        one = waiting.pop()
        if one == start:
            return True
        if one not in seen:
            seen.add(one)
            waiting += onward.get(one, ())
    return False
