"""Who is called by @name in a text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

MARKS = "@＠"


def mentioned(text: str, people: Iterable[tuple[int, str, str]]) -> dict[int, str]:
    """Those whose name or user name follows an @ in the text, each once, in order, with the name as it was recognised.

    `people` are (id, name, user name); the longest name wins. An e-mail address is no mention: the @ must not follow a
    letter or digit.
    """
    names: dict[str, int] = {}
    for pk, name, username in people:
        for word in (name, username):
            if word:
                names.setdefault(word.casefold(), pk)
    ordered = sorted(names, key=len, reverse=True)
    folded = text.casefold()
    found: dict[int, str] = {}
    for index, character in enumerate(folded):
        if character not in MARKS or (index and folded[index - 1].isascii() and folded[index - 1].isalnum()):
            continue
        rest = folded[index + 1 :]
        for name in ordered:
            if rest.startswith(name) and not _goes_on(name, rest):
                found.setdefault(names[name], name)
                break
    return found


def pieces(text: str, names: Iterable[str]) -> list[tuple[str, bool]]:
    """The text cut where one of these names follows an @: (piece, whether it is a mention)."""
    longest_first = sorted({name for name in names if name}, key=len, reverse=True)
    if not longest_first:
        return [(text, False)]
    known = "|".join(re.escape(name) for name in longest_first)
    parts = re.split(f"(?<![A-Za-z0-9])([{MARKS}](?:{known}))", text, flags=re.IGNORECASE)
    return [(part, bool(index % 2)) for index, part in enumerate(parts) if part]


def _goes_on(name: str, rest: str) -> bool:
    """Whether a Latin name is only the beginning of a longer word."""
    if len(rest) <= len(name) or not name[-1].isascii():
        return False
    following = rest[len(name)]
    return following.isascii() and (following.isalnum() or following == "_")
