"""A person as a vCard 3.0, the version every address book reads (RFC 2426)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

LINE_BYTES = 75  # a longer line goes on behind a line break and a space
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029]+")


def vcard(values: Mapping[str, str]) -> str:
    """The card of a person: name, company, department, title, phone, email, wechat, note and uid, as far as there are.

    Whatever a value holds stays inside its property: line breaks and separators are escaped.
    """
    get = values.get
    name = get("name", "")
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{_text(name)};;;;", f"FN:{_text(name)}"]
    if get("company") or get("department"):
        lines.append(
            f"ORG:{_text(get('company', ''))}"
            + (f";{_text(get('department', ''))}" if get("department") else "")
        )
    for prefix, field in (
        ("TITLE:", "title"),
        ("TEL;TYPE=CELL,VOICE:", "phone"),
        ("EMAIL;TYPE=INTERNET:", "email"),
        ("X-WECHAT:", "wechat"),
        ("NOTE:", "note"),
        ("UID:", "uid"),
    ):
        if value := get(field):
            lines.append(f"{prefix}{_text(value)}")
    lines.append("END:VCARD")
    return "".join(f"{piece}\r\n" for line in lines for piece in _folded(line))


def _text(value: str) -> str:
    r"""A value as text: \, ; and , are escaped, a line break is \n, other control characters are spaces."""
    plain = CONTROL.sub(" ", value.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n"))
    for sign in ("\\", ";", ","):
        plain = plain.replace(sign, f"\\{sign}")
    return plain.replace("\n", "\\n").strip()


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 bytes, never cut inside a character."""
    piece, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > LINE_BYTES:
            yield piece
            piece, size = " ", 1
        piece, size = piece + character, size + width
    yield piece
