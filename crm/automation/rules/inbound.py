"""What a mail that came in is: read from its bytes, told apart from bounces and automatic answers. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import EmailMessage, Message
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser

HUMAN, AUTOMATIC, BOUNCE = "human", "automatic", "bounce"
# A full mailbox or a busy server is no wrong address, until it has turned us away so often within so many days.
MOST_SOFT, SOFT_DAYS = 5, 30
MOST_TEXT = 20_000
MOST_PARTS = 200

_ID = re.compile(r"<[^<>\s]{3,250}>")
# RFC 3834 says how automatic answers name themselves; many programs only say it in the subject.
_AUTO_SUBJECT = re.compile(
    r"^\s*(auto(matic)?[ -]?(reply|response|antwort)|automatische antwort|out of (the )?office|r[ée]ponse automatique"
    r"|automatyczna odpowied|自动(回复|答复)|自動(回覆|返信)|不在办公室|休假自动)",
    re.IGNORECASE,
)
_BOUNCE_SENDER = re.compile(r"^(mailer-daemon|postmaster)@", re.IGNORECASE)
# Where the quoted mail begins, as the usual programs write it.
_QUOTED = re.compile(
    r"^\s*(-{2,}\s*(original message|原始邮件|forwarded message|转发邮件|回复的原邮件)\s*-{2,}.*|_{10,}"
    r"|(on\b.{5,200}\bwrote|在.{4,200}写道)\s*[:：].*|(from|发件人)\s*[:：].{3,})$",
    re.IGNORECASE,
)
_CHARSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "ks_c_5601-1987": "cp949",
}


@dataclass(frozen=True)
class Received:
    """A mail as far as it is needed to know whom it is from, what it answers and what it says."""

    kind: str = HUMAN
    sender: str = ""
    sender_name: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    message_id: str = ""
    answers: tuple[str, ...] = ()  # the Message-IDs it refers to, the nearest first
    status: str = ""  # of a bounce, such as 5.1.1
    at: datetime | None = field(default=None)

    @property
    def is_hard(self) -> bool:
        """Whether a bounce says that the address does not exist, for good."""
        return self.kind == BOUNCE and self.status.startswith("5")

    @property
    def is_soft(self) -> bool:
        """Whether a bounce says that the mail could not be delivered this time."""
        return self.kind == BOUNCE and self.status.startswith("4")


def read(raw: bytes) -> Received:
    """A mail from its bytes, however it was encoded; what cannot be read is left out."""
    message = message_from_bytes(raw, policy=policy.compat32)
    senders = _addresses(message, "From")
    kind = kind_of(message, senders[0][1] if senders else "")
    named = _ids(message, "In-Reply-To") + _ids(message, "References")[::-1]
    if kind == BOUNCE:
        named += _returned_ids(message)
    return Received(
        kind=kind,
        sender=senders[0][1] if senders else "",
        sender_name=senders[0][0] if senders else "",
        recipients=tuple(
            address
            for header in ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
            for _name, address in _addresses(message, header)
        ),
        subject=_line(_header(message, "Subject"))[:250],
        text=written(text_of(message))[:MOST_TEXT],
        message_id=(_ids(message, "Message-ID") or [""])[0],
        answers=tuple(dict.fromkeys(named)),
        status=_status(message) if kind == BOUNCE else "",
        at=_date(message),
    )


def kind_of(message: Message, sender: str) -> str:
    """Whether a person wrote it, a program answered by itself, or it is a mail that came back."""
    content = message.get_content_type()
    report = str(message.get_param("report-type") or "").lower()
    if content == "multipart/report" and report in ("", "delivery-status"):
        return BOUNCE
    if _BOUNCE_SENDER.match(sender):
        return BOUNCE
    if content == "multipart/report":  # a receipt of reading and the like
        return AUTOMATIC
    submitted = _header(message, "Auto-Submitted").split(";")[0].strip().lower()
    precedence = _header(message, "Precedence").strip().lower()
    says_so = (
        submitted not in ("", "no")
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or any(message.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "List-Id"))
        or _header(message, "Return-Path").strip() == "<>"
        or _AUTO_SUBJECT.match(_line(_header(message, "Subject")))
    )
    return AUTOMATIC if says_so else HUMAN


def text_of(message: Message) -> str:
    """The plain text of a mail, or its HTML without tags where there is none."""
    html = ""
    for part in _parts(message):
        if part.get_content_disposition() == "attachment":
            continue
        if part.get_content_type() == "text/plain" and (text := _decoded(part)).strip():
            return text
        if part.get_content_type() == "text/html" and not html:
            html = _decoded(part)
    return plain(html)


def written(text: str) -> str:
    """What somebody wrote themselves: without the mail they answered, which programs add below."""
    lines = text.replace("\r\n", "\n").replace("\x00", "").split("\n")
    for number, line in enumerate(lines):
        two = f"{line} {lines[number + 1]}" if number + 1 < len(lines) else line
        if number and (_QUOTED.match(line) or (len(line) > 12 and _QUOTED.match(two))):
            lines = lines[:number]
            break
    own = [line for line in lines if not line.lstrip().startswith(">")]
    said = "\n".join(own).strip()
    return said or text.strip()


class _Stripper(HTMLParser):
    """Gathers the text of HTML; scripts, styles and comments say nothing."""

    SILENT = frozenset({"script", "style", "head", "title"})
    BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.silent += tag in self.SILENT
        if tag in self.BREAKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SILENT and self.silent:
            self.silent -= 1

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def plain(html: str) -> str:
    """The words of HTML, nothing of it ever shown as HTML."""
    stripper = _Stripper()
    stripper.feed(html)
    stripper.close()
    lines = (" ".join(line.split()) for line in "".join(stripper.found).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _parts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            return
        if not part.is_multipart():
            yield part


def _decoded(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    return _words(data, part.get_content_charset() or "")


def _words(data: bytes, charset: str) -> str:
    """Bytes as text: by what the mail says of them, else what they most likely are."""
    charset = charset.lower()
    for guess in (_CHARSETS.get(charset, charset), "utf-8", "gb18030"):
        try:
            return data.decode(guess)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return data.decode("utf-8", "replace")


def _header(message: Message, name: str) -> str:
    value = message.get(name)
    if value is None:
        return ""
    try:
        pieces = decode_header(str(value) if isinstance(value, str) else value)
    except Exception:  # decode_header raises whatever its codecs do
        return str(value)
    raw = (
        piece
        if isinstance(piece, str)
        else _words(piece, "" if charset in (None, "unknown-8bit") else charset)
        for piece, charset in pieces
    )
    return "".join(raw)


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def _addresses(message: Message, name: str) -> list[tuple[str, str]]:
    values = [str(value) for value in message.get_all(name) or ()]
    found = getaddresses(values)
    return [(_line(_decoded_name(n))[:100], a.strip().lower()[:254]) for n, a in found if "@" in a][:50]


def _decoded_name(name: str) -> str:
    holder = EmailMessage(policy=policy.compat32)
    holder["X"] = name
    return _header(holder, "X")


def _ids(message: Message, name: str) -> list[str]:
    return _ID.findall(" ".join(str(value) for value in message.get_all(name) or ()))[:50]


def _returned_ids(message: Message) -> list[str]:
    """The Message-ID of the mail that came back: its headers stand in the last part of a report."""
    found: list[str] = []
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            break
        if number and part.get("Message-ID"):
            found += _ids(part, "Message-ID")
        elif part.get_content_type() == "text/rfc822-headers":
            named = re.search(
                r"^message-id:\s*(<[^<>\s]{3,250}>)", _decoded(part), re.IGNORECASE | re.MULTILINE
            )
            found += [named[1]] if named else []
    return found


def _status(message: Message) -> str:
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            break
        if status := re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})", str(part.get("Status") or "")):
            return status[1]
    said = re.search(r"\b([45]\.\d{1,3}\.\d{1,3})\b", text_of(message)[:5000])
    return said[1] if said else ""


def _date(message: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(message.get("Date")))
    except (TypeError, ValueError, IndexError):
        return None
    return found if found.tzinfo is not None else None
