"""Static files with hashed names, compressed once."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage, which leaves alone what it has compressed before: most of a set-up's time goes there."""

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what is new. Source maps are only fetched by developers' tools."""
        yield from super().compress_files(
            path for path in paths if not path.endswith(".map") and not self._is_compressed(path)
        )

    def _is_compressed(self, path: str) -> bool:
        file = Path(self.path(path))
        packed = file.with_name(file.name + ".br")
        return packed.exists() and packed.stat().st_mtime >= file.stat().st_mtime - 1
