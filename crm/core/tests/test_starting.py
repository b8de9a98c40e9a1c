"""How much a process loads before it does anything: worker, beat, web and every command wait for it."""

import os
import subprocess
import sys

STARTED = """
import gc, sys
import django
django.setup()
print(*sorted({"numpy", "openpyxl", "pypinyin", "sklearn", "weasyprint"} & sys.modules.keys()), gc.isenabled())
print(gc.get_freeze_count() > gc.get_count()[0])
"""


def test_what_few_need_is_not_loaded_and_what_is_loaded_is_not_collected():
    started = [sys.executable, "-c", STARTED]
    done = subprocess.run(started, env=os.environ, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]
