"""bin/test: all set-up that is missing, then every test and lint. Arguments go to pytest."""

from __future__ import annotations

import os
import signal
import subprocess

from . import environment, setup, system
from .places import PYTHON, ROOT, Data, data_folder
from .services import Services
from .steps import Progress


def main(arguments: list[str]) -> int:
    """Run pytest with the services up. Lints are tests too (crm/tests/test_lints.py), so its summary tells all."""
    data = data_folder()
    progress = Progress()
    setup.of_the_clone(progress, data, dev=True)
    # A server of their own: what it holds is thrown away, so nothing waits for the disk.
    services = Services(Data(data.folder / "tests"), durable=False)
    with services.running(progress):
        env = environment.build(services.data, services, CRM_FONTS_DIR=str(data.fonts))
        env["CRM_CHROMIUM"] = (system.browser() or "") if system.driver_can_start() else ""
        processes = str(max(2, min(8, os.cpu_count() or 2)))
        # One by one: handed out by the hundred, the long tests at the end would all be one worker's.
        everything = ["-n", processes, "--dist", "load", "--maxschedchunk", "1"]
        process = subprocess.Popen([PYTHON, "-m", "pytest", *(arguments or everything)], env=env, cwd=ROOT)
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    return code if code >= 0 else 128 - code
