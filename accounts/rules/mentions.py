"""Who is called by @name in a text. Pure."""

from __future__ import annotations

from collections.abc import Iterable

MARKS = "@＠"


def mentioned(text: str, people: Iterable[tuple[int, str, str]]) -> list[int]:
    """The ids of those whose name or user name follows an @ in the text, each once, in order; the longest name wins.

    `people` are (id, name, user name). An e-mail address is no mention: the @ must not follow a letter or digit.
    """
    names: dict[str, int] = {}
    for pk, name, username in people:
        for word in (name, username):
            if word:
                names.setdefault(word.casefold(), pk)
    ordered = sorted(names, key=len, reverse=True)
    folded = text.casefold()
    found: dict[int, None] = {}
    for index, character in enumerate(folded):
        if character not in MARKS or (index and folded[index - 1].isascii() and folded[index - 1].isalnum()):
            continue
        rest = folded[index + 1 :]
        for name in ordered:
            if rest.startswith(name) and not _goes_on(name, rest):
                found[names[name]] = None
                break
    return list(found)


def _goes_on(name: str, rest: str) -> bool:
    """Whether a Latin name is only the beginning of a longer word."""
    if len(rest) <= len(name) or not name[-1].isascii():
        return False
    following = rest[len(name)]
    return following.isascii() and (following.isalnum() or following == "_")
