"""Follow-ups as sheets keep them: many dated notes in one cell, taken apart. Pure: today is an argument."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from crm.core.text import narrow, tidy_lines

# A date counts where a note begins: at the start of a line or after the end of a sentence, not in “报价 6.5 万”.
_BEGINS = r"(?:^|(?<=[\n；;。|]))[ \t]*[\[(（【]?"
_DAY = r"(?:(?P<year>(?:19|20)\d{2})[-/.年])?(?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})[日号]?"
_CLOCK = r"(?:[ T]+(?P<hour>[01]?\d|2[0-3])[:：](?P<minute>[0-5]\d)(?:[:：][0-5]\d)?)?"
_ENTRY = re.compile(
    rf"{_BEGINS}{_DAY}{_CLOCK}[\])）】]?(?![\d%‰万亿元千百台个件套])[ \t:：,，、.\-—]*", re.MULTILINE
)

KINDS = {
    "call": ("电话", "致电", "来电", "去电", "通话", "打电话", "call", "phone"),
    "visit": ("拜访", "上门", "到访", "面谈", "走访", "回访", "visit"),
    "wechat": ("微信", "wechat"),
    "email": ("邮件", "发邮件", "e-mail", "email", "mail"),
    "meeting": ("会议", "开会", "视频会议", "meeting"),
    "sms": ("短信", "sms"),
}


@dataclass(frozen=True)
class Note:
    """One note of a history: when it was written (no time means the whole day, no day unknown), how, and what."""

    text: str
    day: date | None = None
    clock: time | None = None
    kind: str = "note"

    @property
    def at(self) -> datetime | None:
        """Wall-clock moment; a day without a time counts as 09:00."""
        return datetime.combine(self.day, self.clock or time(9)) if self.day else None


def split_history(text: str, today: date) -> list[Note]:
    """The notes of a cell in their order; what stands before the first date has none.

    A date without a year is the latest one that is not to come; a date to come stays text of the note before it.
    """
    cell = tidy_lines(text)
    starts = [(found, day) for found in _ENTRY.finditer(cell) if (day := _day(found, today))]
    before = cell[: starts[0][0].start()] if starts else cell
    pieces: list[tuple[date | None, time | None, str]] = [(None, None, before)]
    for position, (found, day) in enumerate(starts):
        end = starts[position + 1][0].start() if position + 1 < len(starts) else len(cell)
        pieces.append((day, _clock(found), cell[found.end() : end]))
    notes = []
    for day, clock, piece in pieces:
        said = piece.strip(" \t\n；;|")
        if said:
            notes.append(Note(said, day, clock, _kind(said) if day else "note"))
    return notes


def _day(found: re.Match[str], today: date) -> date | None:
    month, day = int(found["month"]), int(found["day"])
    try:
        if found["year"]:
            read = date(int(found["year"]), month, day)
        else:
            read = date(today.year, month, day)
            if read > today:
                read = date(today.year - 1, month, day)
    except ValueError:
        return None
    return read if read <= today else None


def _clock(found: re.Match[str]) -> time | None:
    return time(int(found["hour"]), int(found["minute"])) if found["hour"] else None


def _kind(text: str) -> str:
    """How one was in touch, by the word the note begins with."""
    begin = narrow(text[:24]).lower()
    for kind, words in KINDS.items():
        if begin.startswith(words):
            return kind
    return "note"
