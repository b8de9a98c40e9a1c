"""Text as people paste it, made comparable: width, case, invisible characters, spaces."""

import re
import unicodedata
from functools import lru_cache

# Zero-width and direction marks, byte-order mark, soft hyphen: they come with copy and paste and are never meant.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACES = re.compile(r"[^\S\n]+")
_ALL_SPACES = re.compile(r"\s+")
CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f\u3007"
_CJK = re.compile(f"[{CJK}]")


def visible_only(text: str) -> str:
    """Drop characters nobody can see (zero-width, control), keep line breaks and tabs."""
    if text.isprintable():  # neither control characters nor line breaks
        return text if text.isascii() else _INVISIBLE.sub("", text)
    return _CONTROL.sub("", _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def tidy(value: object) -> str:
    """One line as it should be stored: visible characters, single spaces, trimmed; width and case stay."""
    text = "" if value is None else str(value)
    if text.isprintable() and "  " not in text and (text.isascii() or not _INVISIBLE.search(text)):
        return text.strip()  # the usual case, five times as fast: imports tidy millions of cells
    return _ALL_SPACES.sub(" ", visible_only(text)).strip()


def tidy_lines(value: object) -> str:
    """Several lines as they should be stored: visible characters, trimmed line ends, at most one blank line."""
    text = visible_only("" if value is None else str(value))
    lines = [_SPACES.sub(" ", line).rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def narrow(value: object) -> str:
    """Full-width letters, digits and punctuation as half-width (NFKC), tidied."""
    text = "" if value is None else str(value)
    return tidy(text if text.isascii() else unicodedata.normalize("NFKC", text))


def fold(value: object) -> str:
    """The form in which two spellings of the same text are equal: NFKC, case-folded, tidied."""
    if isinstance(value, str):
        if not value.isascii():
            return _folded(value) if len(value) < 200 else narrow(narrow(value).casefold())
        if value.isprintable() and "  " not in value:
            return value.strip().lower()
    return narrow(narrow(value).casefold())


@lru_cache(maxsize=5_000)  # a name is folded for its sort key, its initials, its match key and the search
def _folded(text: str) -> str:
    return narrow(narrow(text).casefold())


def has_cjk(text: str) -> bool:
    """Whether any Chinese character occurs."""
    return _CJK.search(text) is not None
