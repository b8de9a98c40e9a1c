"""bin/mutations: takes each visibility call away in turn and shows that a test notices. Arguments go to pytest."""

from __future__ import annotations

import subprocess

from . import environment, setup
from .places import PYTHON, ROOT, data_folder
from .services import Services
from .steps import Progress

TESTS = [
    "crm/tests",
    "crm/listing",
    "crm/console",
    "crm/automation",
    "crm/approvals",
    "accounts",
    "sales",
    "reports",
]
"""What is run without arguments: first the matrix of routes, then what stands beside the code."""


def main(arguments: list[str]) -> int:
    """Trace, take away, report; fails when a call is missed by every test that passes it."""
    data = data_folder()
    progress = Progress()
    setup.of_the_clone(progress, data, dev=True)
    services = Services(data)
    valued = ("--sites", "--kept", "--most", "-k")
    alone = [one for before, one in zip(["", *arguments], arguments, strict=False) if before not in valued]
    chosen = any((ROOT / one.split("::")[0]).exists() for one in alone if not one.startswith("-"))
    with services.running(progress):
        env = environment.build(data, services) | {"CRM_CHROMIUM": ""}
        command = [PYTHON, "-m", "pytest", "-q", "-n0", "-p", "crm.tests.mutating", "-m", "not browser"]
        command += ["-p", "no:unraisableexception"]  # a test that breaks off leaves files open
        return subprocess.call([*command, *arguments, *(() if chosen else TESTS)], env=env, cwd=ROOT)
