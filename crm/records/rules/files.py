"""Which files may be uploaded: decided by what is inside, because the name and the browser's word prove nothing."""

import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from crm.core.text import tidy

GENERIC = "application/octet-stream"
HEAD = 512
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The list of contents of an archive that is opened to look for its kind: its end is found within so many bytes, and it
# is not read where it claims to be larger than this (an office document has some dozens of entries).
_END_OF_ZIP, _END_BYTES, _MOST_LISTING = b"PK\x05\x06", 66_000, 2 * 1024 * 1024

PICTURE = pgettext_lazy("kind of file", "Picture")
DOCUMENT = pgettext_lazy("kind of file", "Document")
TABLE = pgettext_lazy("kind of file", "Table")
SLIDES = pgettext_lazy("kind of file", "Slides")
TEXT = pgettext_lazy("kind of file", "Text")
MAIL = pgettext_lazy("kind of file", "E-mail")
CARD = pgettext_lazy("kind of file", "Contact card")
ARCHIVE = pgettext_lazy("kind of file", "Archive")
SOUND = pgettext_lazy("kind of file", "Recording")
VIDEO = pgettext_lazy("kind of file", "Video")
DRAWING = pgettext_lazy("kind of file", "Drawing")
INVOICE = pgettext_lazy("kind of file", "OFD document")

_OOXML = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True)
class FileKind:
    """A kind of file that is accepted: its content type, its name for people, its icon, and how it has to begin.

    `at` is where the signature stands; `inside` is what an archive of this kind has to hold.
    """

    content_type: str
    label: str | Promise
    icon: str = "file"
    begins: tuple[bytes, ...] = ()
    at: int = 0
    inside: str = ""


_TEXT_KINDS = {
    "txt": FileKind("text/plain", TEXT, "file-text"),
    "csv": FileKind("text/csv", TABLE, "file-spreadsheet"),
    "md": FileKind("text/plain", TEXT, "file-text"),
    "eml": FileKind("message/rfc822", MAIL, "mail"),
    "vcf": FileKind("text/vcard", CARD, "id-badge-2"),
}
# Extension → what it has to be. Text has no signature: it must not contain NUL.
KINDS: dict[str, FileKind] = {
    "png": FileKind("image/png", PICTURE, "photo", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": FileKind("image/jpeg", PICTURE, "photo", (b"\xff\xd8\xff",)),
    "jpeg": FileKind("image/jpeg", PICTURE, "photo", (b"\xff\xd8\xff",)),
    "gif": FileKind("image/gif", PICTURE, "photo", (b"GIF87a", b"GIF89a")),
    "webp": FileKind("image/webp", PICTURE, "photo", (b"WEBP",), 8),
    "bmp": FileKind("image/bmp", PICTURE, "photo", (b"BM",)),
    "tif": FileKind("image/tiff", PICTURE, "photo", (b"II*\x00", b"MM\x00*")),
    "tiff": FileKind("image/tiff", PICTURE, "photo", (b"II*\x00", b"MM\x00*")),
    "heic": FileKind("image/heic", PICTURE, "photo", (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1"), 4),
    "pdf": FileKind("application/pdf", "PDF", "file-type-pdf", (b"%PDF-",)),
    "ofd": FileKind("application/ofd", INVOICE, "file-invoice", (_ZIP,), inside="OFD.xml"),
    "docx": FileKind(f"{_OOXML}wordprocessingml.document", DOCUMENT, "file-text", (_ZIP,), inside="word/"),
    "xlsx": FileKind(f"{_OOXML}spreadsheetml.sheet", TABLE, "file-spreadsheet", (_ZIP,), inside="xl/"),
    "pptx": FileKind(f"{_OOXML}presentationml.presentation", SLIDES, "file", (_ZIP,), inside="ppt/"),
    "doc": FileKind("application/msword", DOCUMENT, "file-text", (_OLE,)),
    "xls": FileKind("application/vnd.ms-excel", TABLE, "file-spreadsheet", (_OLE,)),
    "ppt": FileKind("application/vnd.ms-powerpoint", SLIDES, "file", (_OLE,)),
    "wps": FileKind("application/vnd.ms-works", DOCUMENT, "file-text", (_OLE,)),
    "et": FileKind("application/vnd.ms-excel", TABLE, "file-spreadsheet", (_OLE,)),
    "dps": FileKind("application/vnd.ms-powerpoint", SLIDES, "file", (_OLE,)),
    "msg": FileKind("application/vnd.ms-outlook", MAIL, "mail", (_OLE,)),
    "rtf": FileKind("application/rtf", DOCUMENT, "file-text", (b"{\\rtf",)),
    "zip": FileKind("application/zip", ARCHIVE, "archive", (_ZIP,)),
    "rar": FileKind("application/vnd.rar", ARCHIVE, "archive", (b"Rar!\x1a\x07",)),
    "7z": FileKind("application/x-7z-compressed", ARCHIVE, "archive", (b"7z\xbc\xaf\x27\x1c",)),
    "dwg": FileKind("image/vnd.dwg", DRAWING, "file", (b"AC10",)),
    "mp3": FileKind("audio/mpeg", SOUND, "microphone", (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "wav": FileKind("audio/wav", SOUND, "microphone", (b"WAVE",), 8),
    "amr": FileKind("audio/amr", SOUND, "microphone", (b"#!AMR",)),
    "m4a": FileKind("audio/mp4", SOUND, "microphone", (b"ftyp",), 4),
    "mp4": FileKind("video/mp4", VIDEO, "video", (b"ftyp",), 4),
    "mov": FileKind("video/quicktime", VIDEO, "video", (b"ftypqt", b"moov", b"wide", b"mdat"), 4),
    **_TEXT_KINDS,
}
# What a browser shows by itself without running anything in it; everything else is only ever saved.
PICTURES = {"image/png", "image/jpeg", "image/webp", "image/gif"}
SHOWN = PICTURES | {"application/pdf"}
# Of what a small picture is made.
PICTURED = SHOWN | {"image/bmp", "image/tiff", "image/heic"}
_RESERVED = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


def extension_of(name: str) -> str:
    """The extension in lower case, without its dot."""
    return PurePath(name).suffix.lower().removeprefix(".")


def kind_of(name: str) -> FileKind:
    """The kind of a file one has already, by its name: for the icon and the word beside it."""
    return KINDS.get(extension_of(name)) or FileKind(GENERIC, pgettext_lazy("kind of file", "File"))


def safe_name(name: str) -> str:
    """A file name without path or characters that systems refuse, at most 200 long, its extension kept."""
    base = _RESERVED.sub("_", tidy(name.replace("\\", "/").rsplit("/", 1)[-1])).strip(". ")
    stem, dot, extension = base.rpartition(".")
    if not dot:
        return base[:200] or "file"
    return f"{stem[: 199 - len(extension)] or 'file'}.{extension}"[:200]


def content_type_of(name: str, head: bytes) -> str | None:
    """The type of a file by its extension and its first bytes; None if they disagree or the type is not accepted."""
    extension = extension_of(name)
    kind = KINDS.get(extension)
    if kind is None:
        return None
    if extension in _TEXT_KINDS:
        return (
            None if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")) else kind.content_type
        )
    return kind.content_type if head[kind.at :].startswith(kind.begins) else None


def holds_what_it_says(name: str, content: IO[bytes]) -> bool:
    """Whether an office document is one inside: its archive holds the parts of that kind."""
    wanted = kind_of(name).inside
    if not wanted:
        return True
    content.seek(0, 2)
    size = content.tell()
    content.seek(max(0, size - _END_BYTES))
    tail = content.read(_END_BYTES)
    end = tail.rfind(_END_OF_ZIP)
    if end < 0 or int.from_bytes(tail[end + 12 : end + 16], "little") > _MOST_LISTING:
        return False
    content.seek(0)
    try:
        with zipfile.ZipFile(content) as archive:
            return any(entry.startswith(wanted) for entry in archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False
    finally:
        content.seek(0)
