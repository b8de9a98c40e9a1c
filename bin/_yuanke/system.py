"""System packages: what pip cannot bring. Installed with apt where we may, otherwise the exact command is shown."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Sequence

from .places import PREPARED, VENV
from .stamps import Stamp
from .steps import Progress, Step, StepFailed, run

PANGO = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
BROWSER = ("chromium",)
BROWSER_NEEDS = ("fonts-noto-cjk", "libatomic1")


def install(packages: Sequence[str], purpose: str, *, step: Step) -> None:
    """Install Debian packages, as root or through a sudo that asks for no password."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    shown = by_hand(packages)
    if not shutil.which("apt-get"):
        raise StepFailed(f"{' '.join(packages)} is missing, needed for {purpose}.", command=shown)
    prefix = _as_root()
    if prefix is None:
        raise StepFailed(f"{' '.join(packages)} is missing, needed for {purpose}.", command=shown)
    step.say(f"installing {' '.join(packages)} with apt, for {purpose}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    failing = f"apt could not install {' '.join(packages)}, needed for {purpose}"
    subprocess.run([*prefix, "apt-get", "update", "-qq"], env=env, capture_output=True)
    run([*prefix, *command], failing=failing, mend=shown, env=env)


def by_hand(packages: Sequence[str]) -> str:
    """The command for somebody who may install packages."""
    command = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"
    return f"sudo sh -c '{command}'" if shutil.which("sudo") else f"su -c '{command}'"


def ensure_pango(progress: Progress) -> None:
    """WeasyPrint draws PDF with Pango. Without it everything else works."""
    _wished(
        progress,
        "PDF library (Pango)",
        present=pango_is_there,
        packages=PANGO,
        purpose="PDF",
        without="Everything but PDF works without it.",
    )


def ensure_browser(progress: Progress) -> None:
    """The browser tests drive Chromium; what drives it needs a library, Chinese letters need a font."""
    _wished(
        progress,
        "Browser for the tests (Chromium)",
        present=lambda: browser() is not None and driver_can_start(),
        packages=(*BROWSER, *BROWSER_NEEDS),
        purpose="the browser tests",
        without="The browser tests are skipped without it.",
    )


def browser() -> str | None:
    """The Chromium of the system, if there is one."""
    if named := os.environ.get("CRM_CHROMIUM"):
        return named
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    return None


def driver_can_start() -> bool:
    """Whether the library is there without which Playwright's own Node.js does not start."""
    if os.uname().sysname != "Linux":
        return True
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True


def pango_is_there() -> bool:
    """Ask the very Python that will draw the PDF."""
    ask = "import ctypes; [ctypes.CDLL(n) for n in ('libpango-1.0.so.0','libpangoft2-1.0.so.0','libharfbuzz-subset.so.0')]"
    if os.uname().sysname == "Darwin":
        ask = "import weasyprint"
    return subprocess.run([str(VENV / "bin" / "python"), "-c", ask], capture_output=True).returncode == 0


def _wished(
    progress: Progress, title: str, *, present, packages: Sequence[str], purpose: str, without: str
) -> None:
    """A part that is wished for but not needed: one attempt, then a word about what is missing."""
    stamp = Stamp(PREPARED, f"apt-{packages[0]}")
    shown = by_hand(packages)
    with progress.step(title) as step:
        if present():
            step.already_done()
            stamp.forget()
            return
        if not stamp.says("refused"):
            try:
                install(packages, purpose, step=step)
            except StepFailed as failed:
                if failed.detail:
                    step.say(failed.detail.splitlines()[-1])
        if not present():
            stamp.write("refused")
            progress.note(f"{title} is missing. {without} To have it: {shown}")


def _as_root() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"]
    return None
