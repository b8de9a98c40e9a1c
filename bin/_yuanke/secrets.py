"""Passwords and keys that one installation makes up for itself, kept in its data folder."""

from __future__ import annotations

import json
import os
import secrets as randomness
from pathlib import Path

from .places import Data


class Secrets:
    """Named secrets in `<data>/secrets.json`, each made up when first asked for. Only its owner may read the file."""

    def __init__(self, data: Data) -> None:
        self.file = data.folder / "secrets.json"

    def get(self, name: str) -> str:
        """The secret of that name. Letters and digits only, so that it can stand in an address."""
        known = json.loads(self.file.read_text()) if self.file.exists() else {}
        if name not in known:
            known[name] = randomness.token_hex(20)
            write_private(self.file, json.dumps(known, indent=1))
        return known[name]


def write_private(file: Path, text: str) -> None:
    """Write a file in one go that nobody else can read, not even for a moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(beside, file)


def secret_key(data: Data) -> str:
    """Django's secret key of this machine, made once and kept in `<data>/secret.key`."""
    file = data.folder / "secret.key"
    if not file.exists():
        write_private(file, randomness.token_urlsafe(60))
    return file.read_text().strip()
