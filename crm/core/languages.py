"""Words of ours that are kept for people whose language nobody knows yet."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, override


def in_each_language(say: Callable[[], str]) -> str | dict[str, str]:
    """What is said in every language there is, to be kept; a plain text where all say the same."""
    said = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            said[language] = str(say())
    first, *others = said.values()
    return said if any(other != first for other in others) else first


def in_reader_language(kept: Any) -> Any:
    """What `in_each_language` kept, as whoever reads it now says it; everything else as it is."""
    if not isinstance(kept, dict):
        return kept
    return kept.get(get_language()) or next(iter(kept.values()), "")
