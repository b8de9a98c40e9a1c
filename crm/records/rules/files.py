"""Which files may be uploaded: decided by what is inside, because the name and the browser's word prove nothing."""

import re
from pathlib import PurePath

from crm.core.text import tidy

MAX_ATTACHMENT_BYTES = 20 * 1024 * 1024
GENERIC = "application/octet-stream"
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# Extension → (content type, what the file has to begin with). Text has no signature: it must not contain NUL.
TYPES: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", (b"RIFF",)),
    "pdf": ("application/pdf", (b"%PDF-",)),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (_ZIP,)),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (_ZIP,)),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", (_ZIP,)),
    "zip": ("application/zip", (_ZIP,)),
    "doc": ("application/msword", (_OLE,)),
    "xls": ("application/vnd.ms-excel", (_OLE,)),
    "ppt": ("application/vnd.ms-powerpoint", (_OLE,)),
    "mp3": ("audio/mpeg", (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "wav": ("audio/wav", (b"RIFF",)),
    "amr": ("audio/amr", (b"#!AMR",)),
    "m4a": ("audio/mp4", ()),
    "mp4": ("video/mp4", ()),
    "txt": ("text/plain", ()),
    "csv": ("text/csv", ()),
    "md": ("text/plain", ()),
    "eml": ("message/rfc822", ()),
    "vcf": ("text/vcard", ()),
}
_TEXT = {"txt", "csv", "md", "eml", "vcf"}
_RESERVED = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


def extension_of(name: str) -> str:
    """The extension in lower case, without its dot."""
    return PurePath(name).suffix.lower().removeprefix(".")


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
    if extension not in TYPES:
        return None
    content_type, signatures = TYPES[extension]
    if extension in _TEXT:
        return None if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")) else content_type
    if extension in ("m4a", "mp4"):
        return content_type if head[4:8] == b"ftyp" else None
    if not head.startswith(signatures):
        return None
    if extension == "webp" and head[8:12] != b"WEBP":
        return None
    if extension == "wav" and head[8:12] != b"WAVE":
        return None
    return content_type
