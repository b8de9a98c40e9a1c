"""Reads text tables (csv and its relatives): encoding, delimiter, and records that survive a broken line.

Part of the child process of `parser_child.py`; imports nothing of this project.
"""

import codecs
import csv
import re
from collections import Counter

SAMPLE_BYTES = 256 * 1024
# A quoted cell may hold line breaks, a forgotten quote would swallow the rest of the file: after this much text
# the opening line is given back as it stands and reading goes on behind it.
MAX_QUOTED_LINES = 200
MAX_QUOTED_CHARACTERS = 200_000
UNCLOSED_QUOTE = "unclosed_quote"
MAX_LINE = 4_000_000
GB_PAIR = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
DELIMITERS = (",", "\t", ";", "|", "，", "；", "、", "^", "~", "\x1f")


def detect_encoding(path: str) -> str | None:
    """UTF-8, UTF-16 or GB18030; a few broken bytes do not turn UTF-8 into something else. None: not text."""
    with open(path, "rb") as handle:
        head = handle.read(SAMPLE_BYTES)
        if head.startswith(b"\xef\xbb\xbf"):
            return "utf-8-sig"
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        wide = _utf16_without_mark(head)
        if wide:
            return wide
        if head.count(b"\x00"):
            return None
        handle.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        bad, foreign, pairs, hanzi = 0, 0, 0, 0
        while True:
            piece = handle.read(1 << 20)
            text = decoder.decode(piece, not piece)
            if not text.isascii():
                broken = text.count("\ufffd")
                foreign += len(text) - len(text.encode("ascii", "ignore"))
                if broken:
                    bad += broken
                    found = GB_PAIR.findall(piece)
                    pairs += len(found)
                    hanzi += sum(1 for pair in found if pair[1] >= 0xA1)
            if not piece:
                break
    if bad <= max(3, foreign // 50) and bad < max(foreign, 1):
        return "utf-8"
    # Common Chinese characters have both bytes above A0; an accented Latin letter is followed by an ASCII one.
    return "gb18030" if hanzi >= pairs * 0.7 else "cp1252"


def _utf16_without_mark(head: bytes) -> str | None:
    """Windows tools write UTF-16 without its mark; then every second byte of ASCII is zero."""
    sample = head[:4000]
    if len(sample) < 4 or b"\x00" not in sample:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.2 and even < half * 0.02:
        return "utf-16-le"
    if even > half * 0.2 and odd < half * 0.02:
        return "utf-16-be"
    return None


def open_text(path: str, encoding: str):
    return open(path, encoding=encoding, errors="replace", newline="")


def detect_delimiter(path: str, encoding: str) -> str:
    """The character that splits most lines into the same number of cells, quoted text left aside."""
    with open_text(path, encoding) as handle:
        sample = handle.read(64 * 1024)
    first, _, _ = sample.partition("\n")
    hint = first.strip().lower()
    if hint.startswith("sep=") and len(hint) >= 5:
        return first.strip()[4]
    if hint == "sep=":
        return "\t"
    lines = [line for line in _outside_quotes(sample).splitlines()[:60] if line.strip()]
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        counts = [line.count(delimiter) for line in lines]
        filled = [count for count in counts if count]
        if not filled:
            continue
        common, times = Counter(filled).most_common(1)[0]
        score = times / len(lines) * min(common, 12) ** 0.5
        if delimiter == "、":  # an enumeration inside a text is more likely than a column
            score *= 0.5
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _outside_quotes(text: str) -> str:
    """The text without what stands between double quotes, so that commas in an address are not counted."""
    pieces = text.split('"')
    return "".join(pieces[0::2]) if len(pieces) % 2 else text


def records(path, encoding, delimiter, max_columns, max_cell, refused):
    """Every record with a filled cell: [number of its first line, cells], with a mark when its quotes do not close."""
    csv.field_size_limit(MAX_QUOTED_CHARACTERS * 2)
    with open_text(path, encoding) as handle:
        for number, cells, *flag in _logical_records(handle, delimiter):
            if len(cells) > max_columns:
                while cells and not cells[-1].strip():
                    cells.pop()
                if len(cells) > max_columns:
                    raise refused("too_many_columns", str(len(cells)))
            while cells and not cells[-1].strip():
                cells.pop()
            if cells:
                yield [
                    number,
                    [cell if len(cell) <= max_cell else cell[: max_cell + 1] for cell in cells],
                    *flag,
                ]


def _logical_records(handle, delimiter):
    pending: list[str] = []
    pending_size = 0
    started = 0
    queue: list[tuple[int, str]] = []  # lines given back behind a forgotten quote
    lines = enumerate(_lines(handle), start=1)
    while True:
        if queue:
            number, line = queue.pop(0)
        else:
            number, line = next(lines, (0, None))
        if line is None:
            if not pending:
                return
            yield started, _plain(pending[0], delimiter), UNCLOSED_QUOTE
            queue = [(started + offset, text) for offset, text in enumerate(pending[1:], start=1)]
            pending, pending_size = [], 0
            continue
        if number == 1 and line.strip().lower().startswith("sep=") and len(line.strip()) <= 5:
            continue
        if not pending:
            if '"' not in line:
                yield number, line.rstrip("\r\n").split(delimiter)
                continue
            if _closed(line, delimiter):
                yield number, _parse(line, delimiter)
                continue
            pending, pending_size, started = [line], len(line), number
            continue
        pending.append(line)
        pending_size += len(line)
        if '"' in line and _closed("".join(pending), delimiter):
            yield started, _parse("".join(pending), delimiter)
            pending, pending_size = [], 0
        elif len(pending) > MAX_QUOTED_LINES or pending_size > MAX_QUOTED_CHARACTERS:
            yield started, _plain(pending[0], delimiter), UNCLOSED_QUOTE
            queue = [(started + offset, text) for offset, text in enumerate(pending[1:], start=1)] + queue
            pending, pending_size = [], 0


def _lines(handle):
    """Lines of the file whichever way they end; one without an end is cut, not loaded whole."""
    rest = ""
    while True:
        piece = handle.read(1 << 18)
        if not piece:
            break
        text = rest + piece
        if "\r" in text:
            hold = text.endswith("\r")  # its \n may be the first character of the next piece
            text = (text[:-1] if hold else text).replace("\r\n", "\n").replace("\r", "\n") + (
                "\r" if hold else ""
            )
        parts = text.split("\n")
        rest = parts.pop()
        for part in parts:
            yield part.replace("\x00", "") + "\n"
        if len(rest) > MAX_LINE:
            yield rest + "\n"
            rest = ""
    if rest:
        yield rest.rstrip("\r")


def _closed(text: str, delimiter: str) -> bool:
    """Whether every quoted cell that was opened is closed: a quote opens only at the start of a cell."""
    inside = False
    start_of_cell = True
    index, length = 0, len(text)
    while index < length:
        character = text[index]
        if inside:
            if character == '"':
                if index + 1 < length and text[index + 1] == '"':
                    index += 1
                else:
                    inside = False
            elif index + 1 < length:
                jump = text.find('"', index)
                index = length if jump < 0 else jump
                continue
        elif character == delimiter:
            start_of_cell = True
        elif character == '"' and start_of_cell:
            inside = True
            start_of_cell = False
        elif not character.isspace():
            start_of_cell = False
        index += 1
    return not inside


def _parse(text: str, delimiter: str) -> list[str]:
    try:
        rows = list(csv.reader([text], delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        return _plain(text, delimiter)
    if not rows:
        return []
    return [cell for row in rows for cell in row]


def _plain(line: str, delimiter: str) -> list[str]:
    """A line whose quotes do not close, split as if they were ordinary text."""
    return line.rstrip("\r\n").split(delimiter)
