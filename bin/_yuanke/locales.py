"""Translations: .po files compiled to .mo by polib, so that no gettext is needed."""

from __future__ import annotations

from .places import PREPARED, PYTHON, ROOT
from .stamps import Stamp, fingerprint
from .steps import Progress, run

COMPILE = """
import sys, polib
for name in sys.argv[1:]:
    catalogue = polib.pofile(name)
    catalogue.save_as_mofile(name[:-3] + ".mo")
"""


def ensure(progress: Progress) -> None:
    """Compile every .po file of the project whose content has changed."""
    sources = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
    stamp = Stamp(PREPARED, "locales")
    wanted = fingerprint(sources, *map(str, sources))
    with progress.step("Translations") as step:
        if stamp.says(wanted) and all(source.with_suffix(".mo").exists() for source in sources):
            step.already_done()
            return
        run([PYTHON, "-c", COMPILE, *sources], failing="The translations could not be compiled")
        stamp.write(wanted)
