"""Reads vCards 2.1, 3.0 and 4.0 as a table: one person per row, pictures and nested cards left aside.

Part of the child process of `parser_child.py`; imports nothing of this project. The usual libraries raise on the cards
that phones really write (a character set nobody knows, quoted-printable in small letters, a card without its end);
here whatever can be read is read, and a card that cannot says so in its row.
"""

import codecs
import quopri
import re

# The fields of a customer sheet: a card names a person and the company it belongs to.
COLUMNS = (
    "name",
    "contact_name",
    "contact_title",
    "contact_department",
    "contact_phone",
    "contact_email",
    "contact_wechat",
    "remark",
    "kind",
)
BROKEN = "card"
MAX_LINES = 2000  # of one card, pictures aside: an address book writes a few dozen
MAX_BYTES = 256 * 1024
MAX_LINE = 1 << 20
HEAVY = frozenset({b"PHOTO", b"LOGO", b"SOUND", b"KEY", b"X-ABCROP-RECTANGLE", b"X-MS-CARDPICTURE"})
MOBILE = re.compile(r"(?:\+?86|0086)?1[3-9]\d{9}")
CHAT = re.compile(r"^(?:wechat|weixin|x-apple)[:/]+", re.IGNORECASE)
WIDE = re.compile("[\u2e80-\uffff]")


def is_card(head: bytes) -> bool:
    """Whether a file begins as address books write it, in any of their encodings."""
    plain = head[:200].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return plain[:11].upper() == b"BEGIN:VCARD"


def records(path: str, encoding: str):
    """A header and then every card: [number, cells], with a mark when the card cannot be read."""
    yield [1, list(COLUMNS)]
    number = 1
    for lines, whole in _cards(_lines(path, encoding)):
        number += 1
        cells = _cells(lines) if whole else [""] * len(COLUMNS)
        if whole and cells[0]:
            yield [number, cells]
        else:
            first = next((line for line in lines if not line.upper().startswith(b"VERSION")), b"")
            yield [number, [_decoded(first, "")[:200] or "?"], BROKEN]


def _lines(path: str, encoding: str):
    """The lines of the file as bytes; wide encodings become UTF-8, an endless line is cut."""
    if encoding.startswith("utf-16"):
        with open(path, encoding=encoding, errors="replace", newline="") as handle:
            while line := handle.readline(MAX_LINE):
                yield line.rstrip("\r\n").encode("utf-8", "replace")
        return
    with open(path, "rb") as handle:
        start = handle.read(3)
        handle.seek(3 if start == b"\xef\xbb\xbf" else 0)
        while line := handle.readline(MAX_LINE):
            yield from line.rstrip(b"\r\n").split(b"\r")


def _cards(lines):
    """The logical lines of each card, and whether the card is complete and of a sensible size."""
    card: list[bytes] | None = None
    depth, size, whole, skipping, soft, nested_next = 0, 0, True, False, False, False
    for line in lines:
        mark = line.strip().upper() if len(line) < 40 else b""
        if mark == b"BEGIN:VCARD":
            if depth and nested_next:
                depth += 1
            else:
                if card is not None:
                    yield card, False
                card, depth, size, whole, skipping, soft = [], 1, 0, True, False, False
            nested_next = False
            continue
        if card is None:
            continue
        if mark == b"END:VCARD":
            depth -= 1
            if not depth:
                yield card, whole
                card = None
            continue
        if depth > 1 or not whole:
            continue
        if soft or line[:1] in (b" ", b"\t"):
            if card and not skipping:
                card[-1] += line if soft else line[1:]
        elif b":" in line:
            name = line.split(b":", 1)[0].split(b";", 1)[0].split(b".")[-1].strip().upper()
            nested_next = name == b"AGENT"
            skipping = name in HEAVY
            if not skipping:
                card.append(line)
        elif not skipping:
            continue  # neither a property nor part of one
        size += len(line) if not skipping else 0
        soft = False
        if (
            card
            and not skipping
            and card[-1].endswith(b"=")
            and b"quoted-printable" in card[-1][:200].lower()
        ):
            card[-1], soft = card[-1][:-1], True
        if len(card) > MAX_LINES or size > MAX_BYTES:
            whole = False
            card = card[:3]
    if card is not None:
        yield card, False


def _cells(lines: list[bytes]) -> list[str]:
    """The cells of one card."""
    found: dict[str, list[tuple[str, set[str]]]] = {}
    for line in lines:
        name, marks, value = _property(line)
        if value.strip():
            found.setdefault(name, []).append((value, marks))
    for values in found.values():
        values.sort(key=lambda pair: "PREF" not in pair[1])
    person = _text(found, "FN") or _name(found)
    company, department = _organisation(found)
    is_company = "ORG" in (
        _text(found, "KIND").upper(),
        _text(found, "X-ABSHOWAS").upper().replace("COMPANY", "ORG"),
    )
    numbers = [(_number(value), marks) for value, marks in found.get("TEL", ())]
    phone = _best_number(numbers)
    emails = [_plain(value).removeprefix("mailto:") for value, _marks in found.get("EMAIL", ())]
    chat = _chat(found)
    rest = [_text(found, "NOTE")]
    rest += [number for number, _marks in numbers if number != phone]
    rest += emails[1:]
    for value, _marks in found.get("ADR", ()):
        parts = [_plain(part) for part in _parts(value)]
        rest.append(" ".join(part for part in parts if part))
    rest += [_plain(value) for value, _marks in found.get("URL", ())]
    if is_company or (person and person == company):
        company, person = company or person, ""
    elif not person:  # a card of nothing but an address or a number goes by that
        person = emails[0].partition("@")[0] if emails else "" if company else phone
    return [
        company or person,
        person,
        _text(found, "TITLE") or _text(found, "ROLE"),
        department,
        phone,
        emails[0] if emails else "",
        chat,
        "\n".join(dict.fromkeys(part for part in rest if part)),
        "" if company else "person",
    ]


def _property(line: bytes) -> tuple[str, set[str], str]:
    """Name, parameters and value of a line; the value is decoded but its escapes still stand."""
    end = _outside_quotes(line, b":")
    head, value = line[:end], line[end + 1 :]
    names = head.split(b";")
    name = names[0].split(b".")[-1].strip().decode("ascii", "replace").upper()
    marks: set[str] = set()
    charset = ""
    for given in names[1:]:
        text = given.decode("ascii", "replace").strip().upper()
        key, equals, content = text.partition("=")
        if key == "CHARSET":
            charset = content.strip('"')
        marks |= {one.strip('" ') for one in (content if equals else key).split(",")}
        if key == "PREF":
            marks.add("PREF")
    if "QUOTED-PRINTABLE" in marks:
        value = quopri.decodestring(value)
    return name, marks, _decoded(value, charset)


def _outside_quotes(line: bytes, wanted: bytes) -> int:
    inside = False
    for index in range(min(len(line), 4000)):
        character = line[index : index + 1]
        if character == b'"':
            inside = not inside
        elif character == wanted and not inside:
            return index
    return line.find(wanted)


def _decoded(value: bytes, charset: str) -> str:
    """Text in the character set it names, in UTF-8, or else in the Chinese one."""
    names = [charset, "utf-8"]
    if charset.replace("-", "").replace("_", "").upper() in ("GBK", "GB2312", "CP936"):
        names = ["utf-8"] if _is_utf8(value) else ["gb18030"]  # phones name the one and write the other
    for name in names:
        try:
            if name:
                return value.decode(codecs.lookup(name).name)
        except (LookupError, UnicodeDecodeError):
            continue
    try:
        return value.decode("gb18030")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _plain(text: str) -> str:
    """A value without its escapes and control characters."""
    if "\\" in text:
        text = re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text, flags=re.DOTALL)
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f]+", " ", text.replace("\r\n", "\n")).strip()


def _parts(text: str) -> list[str]:
    """The parts of a structured value, divided by semicolons that are not escaped."""
    return re.split(r"(?<!\\);", text)


def _text(found: dict, name: str) -> str:
    values = found.get(name)
    return _plain(values[0][0]) if values else ""


def _name(found: dict) -> str:
    """Family and given name: 张 三 is 张三, others are written given name first."""
    parts = [_plain(part) for part in _parts(found["N"][0][0])] if "N" in found else []
    family, given = (*parts, "", "")[:2]
    if WIDE.search(family + given):
        return family + given
    return " ".join(part for part in (given, family) if part) or _text(found, "NICKNAME")


def _organisation(found: dict) -> tuple[str, str]:
    parts = [_plain(part) for part in _parts(found["ORG"][0][0])] if "ORG" in found else []
    return parts[0] if parts else "", " ".join(part for part in parts[1:] if part)


def _number(value: str) -> str:
    text = _plain(value)
    number = text[4:] if text[:4].lower() == "tel:" else text
    return re.sub(r";ext=", " ext ", number)


def _best_number(numbers: list[tuple[str, set[str]]]) -> str:
    """The number of the person: one marked as mobile, one that looks like a mobile, otherwise the first but a fax."""
    spoken = [(number, marks) for number, marks in numbers if "FAX" not in marks and "PAGER" not in marks]
    for number, marks in spoken:
        if marks & {"CELL", "IPHONE", "MOBILE"}:
            return number
    for number, _marks in spoken:
        if MOBILE.fullmatch(re.sub(r"[\s()-]", "", number)):
            return number
    return spoken[0][0] if spoken else ""


def _chat(found: dict) -> str:
    for name in ("X-WECHAT", "X-WEIXIN"):
        if text := _text(found, name):
            return text
    for name in ("IMPP", "X-SOCIALPROFILE"):
        for value, marks in found.get(name, ()):
            if CHAT.match(_plain(value)) or marks & {"WECHAT", "WEIXIN", "X-SERVICE-TYPE=WECHAT"}:
                return CHAT.sub("", _plain(value))
    return ""
