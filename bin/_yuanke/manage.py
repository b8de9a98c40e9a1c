"""bin/manage: manage.py in the environment of the data folder; bin/run: any command there."""

from __future__ import annotations

import signal
import subprocess
import sys

from . import environment, python_env
from .places import PYTHON, ROOT, data_folder
from .services import Services
from .steps import Progress


def main(arguments: list[str]) -> int:
    """Run manage.py with these arguments."""
    return run([str(PYTHON), str(ROOT / "manage.py"), *arguments], dev=False)


def run_any(arguments: list[str]) -> int:
    """Run any command, such as `bin/run pytest accounts -n0`."""
    if not arguments:
        print("usage: bin/run COMMAND …", file=sys.stderr)
        return 2
    return run(arguments, dev=True)


def run(command: list[str], *, dev: bool) -> int:
    """Run one command with the services up and pass its exit code on."""
    progress = Progress(quiet=True)
    python_env.ensure(progress, dev=dev)
    data = data_folder()
    services = Services(data)
    with services.running(progress):
        env = environment.build(data, services)
        # Ctrl+C and SIGTERM belong to the command; we stay to stop what we started.
        process = subprocess.Popen(command, env=env)
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    return code if code >= 0 else 128 - code
