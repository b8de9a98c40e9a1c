"""All the set-up there is, in order. Each step rests when its work is already done."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import assets, fonts, locales, python_env, secrets, system
from .places import PYTHON, ROOT, Data
from .services import Services
from .stamps import Stamp, fingerprint
from .steps import Progress, StepFailed, run

DEMO_PASSWORD = "demo.password"
CODE = ("crm", "accounts", "sales", "service", "marketing", "reports")


def of_the_clone(progress: Progress, data: Data, *, dev: bool) -> None:
    """What is prepared before any service runs: packages, libraries, front-end files, fonts, translations."""
    data.make()
    python_env.ensure(progress, dev=dev)
    system.ensure_pango(progress)
    if dev:
        system.ensure_browser(progress)
    assets.ensure(progress)
    fonts.ensure(progress, data)
    locales.ensure(progress)


def of_the_database(progress: Progress, data: Data, services: Services, env: dict[str, str]) -> None:
    """Tables, reference data and collected static files."""
    stamp = Stamp(data.prepared, "migrated")
    wanted = fingerprint(sources(), env["DATABASE_URL"])
    with progress.step("Database tables and reference data") as step:
        if services.postgres is not None:
            _drop_half_made_demo(data, services)
        if services.postgres is not None and stamp.says(wanted):
            step.already_done()
        else:
            _manage(env, "migrate", "--no-input", failing="The migrations failed")
            stamp.write(wanted)
    static_files(progress, data, env)


def static_files(progress: Progress, data: Data, env: dict[str, str]) -> None:
    """Collect the static files under hashed names, compressed."""
    stamp = Stamp(data.prepared, "static")
    wanted = fingerprint([file for file in (ROOT / "static").rglob("*") if file.is_file()], _requirements())
    with progress.step("Static files") as step:
        if stamp.says(wanted) and (data.folder / "static" / "staticfiles.json").exists():
            step.already_done()
        else:
            _manage(env, "collectstatic", "--no-input", "--ignore=redoc", failing="The static files failed")
            stamp.write(wanted)


def demo_company(progress: Progress, data: Data, services: Services, env: dict[str, str]) -> bool:
    """Load the demo company into an embedded database that nobody has used yet. True if it is there."""
    loaded = Stamp(data.prepared, "demo")
    if services.postgres is None or loaded.says("loaded"):
        return services.postgres is not None
    if not nobody_yet(services):
        return False
    with progress.step("Demo company") as step:
        step.say("building it (about half a minute)")
        loaded.write("loading")
        _manage(env, "load_demo", failing="The demo company could not be loaded")
        # What was valid then stays valid, whatever CRM_DEMO_PASSWORD says later.
        secrets.write_private(data.run / DEMO_PASSWORD, env.get("CRM_DEMO_PASSWORD") or "demo-2026")
        loaded.write("loaded")
    return True


def demo_password(data: Data) -> str:
    """With which password the demo company was loaded."""
    noted = data.run / DEMO_PASSWORD
    return noted.read_text() if noted.exists() else "demo-2026"


def first_administrator(progress: Progress, env: dict[str, str]) -> None:
    """Make sure that somebody can sign in: from the variables, by asking, or by saying how."""
    named = bool(env.get("CRM_ADMIN_USERNAME") and env.get("CRM_ADMIN_PASSWORD"))
    with progress.step("First administrator") as step:
        there = _manage(env, "create_admin", "--check", failing="The administrators could not be counted")
        if "none" not in there.split():
            step.already_done()
            return
        if named:
            _manage(env, "create_admin", "--if-none", failing="The first administrator could not be made")
            return
    if sys.stdin.isatty():
        code = os.spawnve(os.P_WAIT, PYTHON, [str(PYTHON), str(ROOT / "manage.py"), "create_admin"], env)
        if code != 0:
            raise StepFailed("No administrator was made.", command="bin/manage create_admin")
    else:
        progress.note("Nobody can sign in yet. Make the first administrator with: bin/manage create_admin")


def nobody_yet(services: Services) -> bool:
    """Whether the embedded database holds no user."""
    assert services.postgres is not None
    return services.postgres.sql("SELECT count(*) FROM identity_user") == "0"


def _drop_half_made_demo(data: Data, services: Services) -> None:
    """A demo company whose loading was cut off has never been used: begin again with an empty database."""
    loaded = Stamp(data.prepared, "demo")
    if loaded.says("loading") and services.postgres is not None:
        services.postgres.recreate_database()
        loaded.forget()
        Stamp(data.prepared, "migrated").forget()


def _manage(env: dict[str, str], *words: str, failing: str) -> str:
    mend = "bin/manage " + " ".join(words)
    return run([PYTHON, ROOT / "manage.py", *words], failing=failing, mend=mend, env=env, cwd=ROOT)


def sources() -> list[Path]:
    """The Python files of the product, without its tests."""
    return [file for folder in CODE for file in (ROOT / folder).rglob("*.py") if "tests" not in file.parts]


def _requirements() -> str:
    return fingerprint([python_env.RUN])
