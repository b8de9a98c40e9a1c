"""The icon sprite: the outline icons named in static/icons/icons.txt, cut from @tabler/icons into one file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .places import ROOT
from .steps import StepFailed

LIST = ROOT / "static" / "icons" / "icons.txt"
SOURCE = ROOT / "node_modules" / "@tabler" / "icons" / "icons" / "outline"

_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_FRAME = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')


def names() -> list[str]:
    """The icons wanted, one name a line; empty lines and # remarks are skipped."""
    lines = (line.split("#")[0].strip() for line in LIST.read_text(encoding="utf-8").splitlines())
    return sorted({line for line in lines if line})


def build(target: Path) -> None:
    """Write the sprite; a name that the icon set does not know stops the set-up."""
    missing = [name for name in names() if not (SOURCE / f"{name}.svg").exists()]
    if missing:
        raise StepFailed(f"static/icons/icons.txt names icons that do not exist: {', '.join(missing)}")
    symbols = "".join(_symbol(name) for name in names())
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n', encoding="utf-8")
    os.replace(beside, target)


def _symbol(name: str) -> str:
    body = _BODY.search((SOURCE / f"{name}.svg").read_text(encoding="utf-8"))
    if body is None:
        raise StepFailed(f"The icon {name} could not be read.", command="rm -r node_modules && bin/serve")
    inner = re.sub(r"\s*\n\s*", "", _FRAME.sub("", body.group(1)))
    return f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>'
