"""When a custom field is shown or required: one condition over another field of the same record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

IS, IS_NOT, FILLED, EMPTY = "is", "is_not", "filled", "empty"
OPERATORS = (IS, IS_NOT, FILLED, EMPTY)


@dataclass(frozen=True)
class Condition:
    """Holds when a field is (or is not) one of some values, or is filled in (or empty)."""

    field: str
    operator: str
    values: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any] | None) -> Condition | None:
        """The condition as it is kept, None where there is none."""
        if not data:
            return None
        return cls(
            str(data["field"]), str(data["operator"]), tuple(str(one) for one in data.get("values", ()))
        )

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the record's values meet it; a value counts by the text it is compared as."""
        present = as_words(values.get(self.field))
        if self.operator == FILLED:
            return bool(present)
        if self.operator == EMPTY:
            return not present
        return bool(present & set(self.values)) == (self.operator == IS)


def as_words(value: Any) -> frozenset[str]:
    """A value as the words conditions compare: keys, ids, true or false; nothing for an empty one."""
    if value is None or value == "" or value == []:
        return frozenset()
    if isinstance(value, bool):
        return frozenset({"true" if value else "false"})
    if isinstance(value, list | tuple | set | frozenset):
        return frozenset(str(getattr(one, "pk", one)) for one in value)
    return frozenset({str(getattr(value, "pk", value))})


def is_shown(shown_when: Mapping[str, Any] | None, values: Mapping[str, Any]) -> bool:
    """Whether a field is there for a record with these values."""
    condition = Condition.of(shown_when)
    return condition is None or condition.holds(values)


def is_required(
    required: bool,
    shown_when: Mapping[str, Any] | None,
    required_when: Mapping[str, Any] | None,
    values: Mapping[str, Any],
) -> bool:
    """Whether a field must be filled in: always or on its condition, but never while it is not shown."""
    condition = Condition.of(required_when)
    wanted = required or (condition is not None and condition.holds(values))
    return wanted and is_shown(shown_when, values)
