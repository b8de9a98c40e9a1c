"""Chinese fonts for PDF: static TTF files made once.

A page set in a variable font takes WeasyPrint 12 seconds or more, in a static one less than one second.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

from .places import PREPARED, PYTHON, Data, site_packages
from .stamps import Stamp
from .steps import Progress, run

WEIGHTS = {"NotoSansSC-Regular.ttf": 400, "NotoSansSC-Bold.ttf": 700}
WORKSHOP = PREPARED / "fonts"

MAKE = """
import os, sys
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
source, target, weight = sys.argv[1:]
font = instancer.instantiateVariableFont(TTFont(source), {"wght": int(weight)}, updateFontNames=True)
font.save(target + ".part")
os.replace(target + ".part", target)
"""


def ensure(progress: Progress, data: Data) -> None:
    """Make the regular and the bold weight of Noto Sans SC lie in `<data>/fonts`."""
    source = site_packages() / "justmytype_intl_cjk" / "fonts" / "ofl" / "notosanssc" / "NotoSansSC[wght].ttf"
    wanted = f"{source.stat().st_size} {sorted(WEIGHTS.items())}"
    stamp = Stamp(WORKSHOP, "fonts")
    with progress.step("Chinese fonts for PDF") as step:
        if stamp.says(wanted) and all((data.fonts / name).exists() for name in WEIGHTS):
            step.already_done()
            return
        if not (stamp.says(wanted) and all((WORKSHOP / name).exists() for name in WEIGHTS)):
            step.say("cutting two weights out of Noto Sans SC (once, up to half a minute)")
            WORKSHOP.mkdir(parents=True, exist_ok=True)

            def make(name: str) -> None:
                words = [PYTHON, "-c", MAKE, source, WORKSHOP / name, str(WEIGHTS[name])]
                run(words, failing="The Chinese fonts could not be made")

            with ThreadPoolExecutor() as pool:
                list(pool.map(make, WEIGHTS))
            stamp.write(wanted)
        for name in WEIGHTS:
            (data.fonts / name).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                os.link(WORKSHOP / name, data.fonts / name)
            if not (data.fonts / name).exists():
                shutil.copyfile(WORKSHOP / name, data.fonts / name)
