"""Stamps: a step writes down a fingerprint of what it worked from, and rests while that stays the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(files: Iterable[Path], *words: str) -> str:
    """A hash over the content and names of files and some further words."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0")
        digest.update(file.read_bytes() if file.exists() else b"absent")
    return digest.hexdigest()


class Stamp:
    """One named stamp in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.file = folder / f"{name}.stamp"

    def says(self, wanted: str) -> bool:
        """Whether the work was last done from exactly this."""
        return self.file.exists() and self.file.read_text().strip() == wanted

    def begins(self, wanted: str) -> bool:
        """Whether a part of the work that stands first in the stamp was last done from exactly this."""
        return self.file.exists() and self.file.read_text().split(" ")[0].strip() == wanted

    def write(self, done: str) -> None:
        """Note that the work is done."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(done + "\n")

    def forget(self) -> None:
        """Make the next run do the work again."""
        self.file.unlink(missing_ok=True)
