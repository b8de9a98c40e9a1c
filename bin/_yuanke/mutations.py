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
    paths = [one for one in arguments if (ROOT / one.split("::")[0]).suffix == ".py" or (ROOT / one).is_dir()]
    options = [one for one in arguments if one not in paths]
    with services.running(progress):
        env = environment.build(data, services) | {"CRM_CHROMIUM": ""}
        command = [PYTHON, "-m", "pytest", "-q", "-n0", "-p", "crm.tests.mutating", "-m", "not browser"]
        return subprocess.call([*command, *options, *(paths or TESTS)], env=env, cwd=ROOT)
