"""Which field of a lead can go into which field of what it becomes."""

TEXT, LONG_TEXT = "text", "long_text"
# What a text can take over, written as people read it.
WORDED = frozenset(
    {TEXT, LONG_TEXT, "link", "phone", "email", "number", "money", "date", "choice", "source", "boolean"}
)
NUMBERS = frozenset({"number", "money"})
LONG = frozenset({LONG_TEXT})


def fits(source: str, target: str) -> bool:
    """Whether a value of one kind of field can be kept in another: the same kind, numbers as numbers, most as text."""
    if source == target:
        return True
    if target == LONG_TEXT:
        return source in WORDED
    if target == TEXT:
        return source in WORDED - LONG
    return source in NUMBERS and target in NUMBERS
