"""Values as spreadsheet cells: human, and never something a spreadsheet would compute."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

# What Excel, WPS and LibreOffice take for the beginning of a formula, also behind spaces and in full width.
DANGEROUS = re.compile(r"^[\s\u00a0\u3000\ufeff\u200b]*[=+\-@\u2212＝＋－＠|%]")
LEADING_CONTROL = re.compile(r"^[\t\r\n]")
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
LONGEST = 32_767


def safe_text(text: str) -> str:
    """A text that stays text when a CSV is opened: an apostrophe in front of anything like a formula."""
    text = FORBIDDEN.sub("", text)[: LONGEST - 1]
    return f"'{text}" if DANGEROUS.match(text) or LEADING_CONTROL.match(text) else text


def plain(value: Any) -> str | int | float | Decimal | datetime.date | datetime.datetime | None:
    """A value as it goes into a cell: times in the reader's zone, yes and no in words, lists joined."""
    if value is None:
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, datetime.datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.replace(tzinfo=None, microsecond=0)
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, list | tuple | set):
        return _(", ").join(str(item) for item in value)
    return str(value)


def csv_text(value: Any) -> str:
    """A value as text of a CSV cell; numbers stay numbers, even negative ones."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return str(value)
