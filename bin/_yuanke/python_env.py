"""The virtual environment in .venv, filled by uv with exactly the pinned packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from . import system
from .places import PYTHON, ROOT, VENV
from .stamps import Stamp, fingerprint
from .steps import Progress, Step, StepFailed, run

RUN, DEV = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
UV = "uv==0.13.9"


def ensure(progress: Progress, *, dev: bool) -> None:
    """Make .venv hold what requirements.txt says, and requirements-dev.txt as well for tests and benchmarks."""
    stamp = Stamp(VENV, "packages")
    wanted = fingerprint([RUN, DEV], UV)
    with progress.step("Python packages") as step:
        if PYTHON.exists() and (stamp.says(wanted + " dev") or (not dev and stamp.says(wanted))):
            step.already_done()
            return
        if not PYTHON.exists():
            _create(step)
        uv = _uv(step)
        step.say("installing the pinned packages (about half a minute the first time)")
        lists = ["-r", RUN, *(["-r", DEV] if dev else [])]
        run(
            [*uv, "pip", "install", "--python", PYTHON, "--require-hashes", *lists],
            failing="The Python packages could not be installed",
            mend=f"{' '.join(map(str, uv))} pip install --python .venv/bin/python --require-hashes -r requirements.txt",
            cwd=ROOT,
            env={**os.environ, "UV_LINK_MODE": os.environ.get("UV_LINK_MODE", "copy")},
        )
        stamp.write(wanted + (" dev" if dev else ""))


def _create(step: Step) -> None:
    """Make the environment. Debian ships Python without ensurepip: that part comes with python3-venv."""
    step.say("making .venv")
    command = [sys.executable, "-m", "venv", str(VENV)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if uv := shutil.which("uv"):
        run([uv, "venv", "-q", "--python", sys.executable, VENV], failing="uv could not make .venv")
        return
    package = "python3-venv"
    said = done.stdout + done.stderr
    if "ensurepip" not in said or not shutil.which("apt-get"):
        raise StepFailed("Python could not make a virtual environment.", detail=said.strip()[-1500:])
    system.install([package], "the virtual environment", step=step)
    shutil.rmtree(VENV, ignore_errors=True)
    run(command, failing="Python could not make a virtual environment", mend=f"apt-get install -y {package}")


def _uv(step: Step) -> list[str]:
    """The installer: our own pinned one in .venv, or one that lies in the PATH if pip cannot fetch it."""
    own = VENV / "bin" / "uv"
    if own.exists():
        return [str(own)]
    step.say("fetching uv")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0 and own.exists():
        return [str(own)]
    if found := shutil.which("uv"):
        return [found]
    raise StepFailed(
        "uv, which installs the packages, could not be fetched from PyPI.",
        command=" ".join(command),
        detail=(done.stdout + done.stderr).strip()[-1500:],
    )
