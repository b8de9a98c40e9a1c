"""Values shown only in part: 138****2218, a***@x.com. What is masked once stays as it is."""

import re
from typing import Any

from crm.core.email import mask_email
from crm.core.phone import mask_phone

STARS = "****"
NUMBER = re.compile(r"\+?[\d\s()-]{7,}( ext \d+)?")


def mask(value: Any) -> str:
    """A text with its middle hidden: a number keeps its beginning and the last four, the rest its first letter."""
    text = str(value or "").strip()
    if not text or is_masked(text):
        return text
    if "@" in text:
        return mask_email(text)
    return mask_phone(text) if NUMBER.fullmatch(text) else f"{text[:1]}{STARS}"


def is_masked(value: Any) -> bool:
    """Whether a value is shown only in part: nothing to dial or to write to."""
    return isinstance(value, str) and (STARS in value or "***@" in value)
