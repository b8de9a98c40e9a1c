"""Chinese fonts for PDF: static TTF files made once.

A page set in a variable font takes WeasyPrint 12 seconds or more, in a static one less than one second.
"""

from __future__ import annotations

from .places import PYTHON, Data, site_packages
from .stamps import Stamp
from .steps import Progress, run

WEIGHTS = {"NotoSansSC-Regular.ttf": 400, "NotoSansSC-Bold.ttf": 700}

MAKE = """
import sys
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
source, target, weight = sys.argv[1:]
font = instancer.instantiateVariableFont(TTFont(source), {"wght": int(weight)}, updateFontNames=True)
font.save(target + ".part")
import os
os.replace(target + ".part", target)
"""


def ensure(progress: Progress, data: Data) -> None:
    """Make the regular and the bold weight of Noto Sans SC lie in `<data>/fonts`."""
    source = site_packages() / "justmytype_intl_cjk" / "fonts" / "ofl" / "notosanssc" / "NotoSansSC[wght].ttf"
    stamp = Stamp(data.fonts, "fonts")
    wanted = f"{source.stat().st_size} {sorted(WEIGHTS.items())}"
    with progress.step("Chinese fonts for PDF") as step:
        if stamp.says(wanted) and all((data.fonts / name).exists() for name in WEIGHTS):
            step.already_done()
            return
        step.say("cutting two weights out of Noto Sans SC (once, about half a minute)")
        for name, weight in WEIGHTS.items():
            run(
                [PYTHON, "-c", MAKE, source, data.fonts / name, str(weight)],
                failing="The Chinese fonts could not be made",
            )
        stamp.write(wanted)
