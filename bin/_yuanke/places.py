"""Where everything lies."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PREPARED = ROOT / "var" / "prepared"
"""Stamps of what is prepared once for a clone, whichever data folder is used."""


@dataclass(frozen=True)
class Data:
    """One data folder: its database, its files, its secrets, its logs. Two can run side by side."""

    folder: Path

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def broker(self) -> Path:
        return self.folder / "broker"

    @property
    def logs(self) -> Path:
        return self.folder / "log"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def fonts(self) -> Path:
        return self.folder / "fonts"

    @property
    def prepared(self) -> Path:
        return self.folder / "prepared"

    def make(self) -> Data:
        """Create the folders that everything else expects."""
        for part in (
            self.folder,
            self.logs,
            self.run,
            self.fonts,
            self.prepared,
            self.folder / "files",
            self.folder / "static",
        ):
            part.mkdir(parents=True, exist_ok=True)
        return self


def data_folder(chosen: str | None = None) -> Data:
    """The data folder: `--data`, else CRM_DATA_DIR, else var/ in the clone."""
    wanted = chosen or os.environ.get("CRM_DATA_DIR") or str(ROOT / "var")
    return Data(Path(wanted).expanduser().absolute())


def site_packages() -> Path:
    """Where the virtual environment keeps its packages."""
    found = sorted((VENV / "lib").glob("python3*/site-packages"))
    if not found:
        raise FileNotFoundError(f"{VENV}/lib holds no site-packages")
    here = VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    return here if here in found else found[-1]
