"""The unified social credit code (统一社会信用代码, GB 32100-2015): 18 characters, the last one a check digit."""

import re
import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.core.text import visible_only

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
LENGTH = 18


class UsccError(ValueError):
    """A code that cannot be right; ``code`` is length, characters or check."""

    def __init__(self, code: str, *, count: int = 0, character: str = "", expected: str = ""):
        super().__init__(code)
        self.code, self.count, self.character, self.expected = code, count, character, expected

    @property
    def message(self) -> str:
        """What is wrong and how it should be, in the language of the reader."""
        if self.code == "length" and self.count > 0:
            text = ngettext(
                "One character short. A credit code has 18.",
                "%(count)s characters short. A credit code has 18.",
                self.count,
            )
            return text % {"count": self.count}
        if self.code == "length":
            text = ngettext(
                "One character too many. A credit code has 18.",
                "%(count)s characters too many. A credit code has 18.",
                -self.count,
            )
            return text % {"count": -self.count}
        if self.code == "characters":
            return _("A credit code never contains “%(character)s”.") % {"character": self.character}
        return _("A character is mistyped: with these 17 characters the code would end in %(expected)s.") % {
            "expected": self.expected
        }

    def __str__(self) -> str:
        return self.code


def weighted_sum(first: str) -> int:
    """Σ value(character i) · 3^(i−1) mod 31 weights over the first 17 characters."""
    return sum(_VALUE[character] * pow(3, place, 31) for place, character in enumerate(first[:17]))


def check_character(first: str) -> str:
    """The 18th character that belongs to the first 17."""
    return ALPHABET[(31 - weighted_sum(first) % 31) % 31]


def normalise_uscc(value: object) -> str:
    """Upper-case half-width code without spaces and hyphens; raises UsccError if it cannot be right."""
    text = visible_only(unicodedata.normalize("NFKC", "" if value is None else str(value)))
    text = re.sub(r"[\s\-.·]", "", text).upper()
    if len(text) != LENGTH:
        raise UsccError("length", count=LENGTH - len(text))
    for character in text:
        if character not in _VALUE:
            raise UsccError("characters", character=character)
    expected = check_character(text)
    if text[17] != expected:
        raise UsccError("check", expected=expected)
    return text


def region_code(uscc: str) -> str:
    """GB/T 2260 code of the registering authority: characters 3 to 8, empty if they are no digits."""
    code = uscc[2:8]
    return code if len(code) == 6 and code.isdigit() else ""
