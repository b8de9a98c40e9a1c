"""The address of a mailbox, as settings give it: `imaps://user:password@mail.example.com/INBOX`."""

from typing import Any
from urllib.parse import unquote, urlsplit

PORTS = {"imaps": 993, "imap": 143}


def mailbox(url: str) -> dict[str, Any]:
    """The parts of a mailbox's address; nothing for none. A wrong one is refused when the process starts."""
    if not url:
        return {}
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or not parts.username:
        raise ValueError("a mailbox is given as imaps://user:password@mail.example.com/INBOX")
    folder = unquote(parts.path.lstrip("/")) or "INBOX"
    if '"' in folder or "\\" in folder or not folder.isprintable():
        raise ValueError("the folder of a mailbox has no quotes and no backslashes")
    return {
        "ssl": parts.scheme == "imaps",
        "host": parts.hostname,
        "port": parts.port or PORTS[parts.scheme],
        "user": unquote(parts.username),
        "password": unquote(parts.password or ""),
        "folder": folder,
    }
