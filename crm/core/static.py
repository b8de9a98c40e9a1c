"""Static files with hashed names, compressed once."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

OWN = ("css/", "js/", "vendor/")
"""Our scripts import each other by their plain names, so these are compressed under both names."""

LARGE = 300_000
"""Above this size (bytes) the last percent of compression costs seconds for each file."""


class QuickCompressor(Compressor):
    """WhiteNoise's compressor, with less effort for the few very large files of the API documentation."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=11 if len(data) < LARGE else 9)


class StaticFiles(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which compresses what will be asked for, and only what it has not compressed before.

    A page names some fifty files; what each is called is found out once in the life of a process.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url = cache(super().url)  # type: ignore[method-assign]

    def create_compressor(self, **kwargs: Any) -> Compressor:
        """The compressor for this round."""
        return QuickCompressor(**kwargs)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what is new. Source maps are only fetched by developers' tools."""
        asked_for = {*self.hashed_files.values()}
        yield from super().compress_files(
            path
            for path in paths
            if (path in asked_for or path.startswith(OWN))
            and not path.endswith(".map")
            and not self._is_compressed(path)
        )

    def _is_compressed(self, path: str) -> bool:
        file = Path(self.path(path))
        packed = file.with_name(file.name + ".br")
        return packed.exists() and packed.stat().st_mtime >= file.stat().st_mtime - 1
