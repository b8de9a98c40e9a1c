"""Sorting and finding Chinese names by their sound."""

from pypinyin import Style, lazy_pinyin


def sort_key(text: str) -> str:
    """A key that sorts Chinese among Latin text by pinyin (the database itself collates by code point)."""
    return " ".join(lazy_pinyin(text.strip().lower(), style=Style.TONE3))[:200]
