"""bin/upgrade: a backup, the newer version, its set-up and its tables, and the way back if anything goes wrong."""

from __future__ import annotations

import argparse
import os
import time

from . import processes
from .places import ROOT, Data, data_folder
from .steps import Progress, StepFailed, run


def main(arguments: list[str]) -> int:
    """Bring this clone and its database to the newest version of the branch it follows."""
    parser = argparse.ArgumentParser(prog="bin/upgrade", description=main.__doc__)
    parser.add_argument("--data", help="the data folder (default: var/, or CRM_DATA_DIR)")
    data = data_folder(parser.parse_args(arguments).data).make()
    progress = Progress()
    with processes.locked(data.run / "serve.lock", wait=False) as alone:
        if not alone:
            raise StepFailed("bin/serve is running. Stop it first; people are told that the system is away.")
        _upgrade(data, progress)
    return 0


def _upgrade(data: Data, progress: Progress) -> None:
    if _git("status", "--porcelain", "--untracked-files=no"):
        raise StepFailed("Files of this clone were changed by hand.", command="git stash")
    with progress.step("Looking for a newer version"):
        _git("fetch", "--quiet")
        before, newest = _git("rev-parse", "HEAD"), _git("rev-parse", "@{upstream}")
    if before == newest:
        progress.note("This is the newest version.")
        return
    backup = data.folder / "backups" / f"before-{newest[:10]}-{time.strftime('%Y%m%d-%H%M%S')}.tar"
    with progress.step("Backup"):
        _ours("manage", data, "backup", str(backup))
    back = f"git reset --hard {before[:10]} && bin/manage restore --replace {backup}"
    with progress.step("Newer version"):
        _git("merge", "--quiet", "--ff-only", newest)
    with progress.step("Packages and files"):
        _ours("prepare", data, str(data.folder), mend=back)
    with progress.step("Database tables"):
        _ours("manage", data, "migrate", "--no-input", mend=back)
    progress.note(f"Upgraded from {before[:10]} to {newest[:10]}. Start it with bin/serve.")
    progress.note(f"The way back: {back}")


def _git(*words: str) -> str:
    return run(["git", *words], failing=f"git {words[0]} failed", cwd=ROOT).strip()


def _ours(command: str, data: Data, *words: str, mend: str = "") -> None:
    """One of our own commands in a process of its own, so that it is the new version that runs."""
    env = {**os.environ, "CRM_DATA_DIR": str(data.folder)}
    run([ROOT / "bin" / command, *words], failing=f"bin/{command} failed", mend=mend, env=env, cwd=ROOT)
