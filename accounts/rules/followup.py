"""What counts as a follow-up, and when a customer is neglected. Pure."""

from __future__ import annotations

import unicodedata
from datetime import date

from accounts.rules.tiers import CADENCE_DAYS

MINIMUM_CHARACTERS = 4
LOWEST = "D"


def content(text: str) -> str:
    """What a text says: letters, digits and characters only, folded, so that spacing and dots do not count."""
    folded = unicodedata.normalize("NFKC", text or "").casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LN")


def is_valid(text: str, last_text: str = "", *, has_file: bool = False, call_id: str = "") -> bool:
    """Whether a completed activity is a valid follow-up: it has content of its own, a file, or a call behind it.

    Content of its own: at least four characters that do not merely repeat the last follow-up.
    """
    if has_file or call_id:
        return True
    said, before = content(text), content(last_text)
    if len(said) < MINIMUM_CHARACTERS or len(set(said)) < 2:
        return False
    return not before or said not in before


def cadence_days(grade: str | None) -> int:
    """After how many days without a valid follow-up a customer of this tier (or intent) is neglected."""
    return CADENCE_DAYS.get(grade or LOWEST, CADENCE_DAYS[LOWEST])


def silent_since(last_valid: date | None, neglect_from: date) -> date:
    """The day the silence is counted from: the last valid follow-up, but not before the go-live date."""
    return max(last_valid, neglect_from) if last_valid else neglect_from
