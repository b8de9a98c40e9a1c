"""bin/faults: breaks a system of its own on purpose, one fault after the other, and prints what came of each."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from . import environment, setup
from .broker import Broker
from .places import PYTHON, ROOT, Data, data_folder
from .postgres import APP, OWNER, Postgres
from .services import Services
from .steps import Progress, Step, StepFailed
from .supervisor import Stopped, stop_signals

FAULTS = ("F1", "F2", "F3", "F5", "F6", "F8", "F9", "F12", "F13", "F21", "F24")
PREFIX = "faults_"
"""How the databases of faults are called; no other is ever touched."""
MARK = "made-for-faults"
"""The file that says that a data folder was made here."""


def main(arguments: list[str]) -> int:
    """Cause and print."""
    asked = _parse(arguments)
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        if os.environ.get(name):
            raise StepFailed(
                "Faults are caused on services of their own, never on those of an installation.",
                command=f"unset {name}",
            )
    progress = Progress()
    setup.of_the_clone(progress, data_folder(), dev=True)
    folder = Path(tempfile.mkdtemp(prefix="yuanke-faults-"))
    try:
        with stop_signals():
            accounts = _cause(asked, stage_folder(folder), progress)
    except Stopped as stopped:
        progress.note(f"Stopped ({stopped}). Nothing is left running.")
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if asked.json:
        asked.json.write_text(json.dumps(accounts, indent=1, ensure_ascii=False) + "\n")
    print(table(accounts))
    return 0 if all(account["kept"] for account in accounts) else 1


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/faults",
        description="Break a system made for it on purpose and count what was lost, doubled or written by halves.",
    )
    parser.add_argument(
        "--cycles", type=int, metavar="N", help="how often each (default: as often as promised)"
    )
    parser.add_argument("--only", type=_chosen, metavar="F2,F6", default=FAULTS, help="only these")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the accounts there as well")
    return parser.parse_args(arguments)


def _chosen(text: str) -> tuple[str, ...]:
    names = tuple(word.strip().upper() for word in text.split(",") if word.strip())
    if unknown := [name for name in names if name not in FAULTS]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose among {', '.join(FAULTS)}")
    return names


def stage_folder(folder: Path) -> Data:
    """A data folder made for faults, and marked so."""
    data = Data(folder).make()
    (folder / MARK).write_text("Made by bin/faults; everything in here may be broken and thrown away.\n")
    return data


def _cause(asked: argparse.Namespace, data: Data, progress: Progress) -> list[dict[str, Any]]:
    services = Services(data)
    postgres = services.postgres
    assert postgres is not None  # no address was given
    services.broker = None  # each fault has a broker of its own
    accounts = []
    with services.running(progress):
        template = f"{PREFIX}template"
        with progress.step("Database tables and reference data") as step:
            _create_database(postgres, template)
            env = stage_environment(data, postgres.url(APP, template), postgres.url(OWNER, template))
            _follow(step, ["migrate", "--no-input", "-v0"], env)
        for key in asked.only:
            database = f"{PREFIX}{key.lower()}"
            _create_database(postgres, database, template)
            own = stage_folder(data.folder / key.lower())
            env = stage_environment(own, postgres.url(APP, database), postgres.url(OWNER, database))
            with progress.step(f"Fault {key}") as step:
                accounts.append(play(key, own, env, asked.cycles, step))
            _drop_database(postgres, database)
    return accounts


def stage_environment(data: Data, url: str, owner_url: str) -> dict[str, str]:
    """The environment of a fault and of every part it starts: its own folder, database and broker."""
    services = Services(data)
    services.postgres = None  # given by its address
    services.broker = broker = Broker(data)
    broker.start()  # to know its port; the fault starts and stops it as it likes
    try:
        env = environment.build(data, services)
    finally:
        broker.stop()
    return env | {
        "REDIS_URL": broker.url(),
        "CRM_LOG_LEVEL": "ERROR",
        "DATABASE_URL": url,
        "DATABASE_OWNER_URL": owner_url,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "bin")]),
        "CRM_STATIC_ROOT": str(data.folder / "static"),
    }


def play(
    key: str,
    data: Data,
    env: dict[str, str],
    cycles: int | None,
    step: Step | None = None,
    *,
    timed: bool = True,
) -> dict[str, Any]:
    """Cause one fault in a process of its own; returns its account. Untimed ones judge nothing by seconds."""
    output = data.run / "account.json"
    words = ["faults", key, f"--output={output}", *([f"--cycles={cycles}"] if cycles else [])]
    words += [] if timed else ["--untimed"]
    began = time.monotonic()
    _follow(step, words, env)
    return json.loads(output.read_text()) | {"seconds": round(time.monotonic() - began, 1)}


def _follow(step: Step | None, words: list[str], env: dict[str, str]) -> None:
    """Run a manage.py command and show its last line as it goes."""
    said: list[str] = []
    command = [str(PYTHON), str(ROOT / "manage.py"), *words]
    with subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        shown = 0.0
        try:
            for line in process.stderr:
                said.append(line.rstrip())
                if step is not None and time.monotonic() - shown > 5:
                    shown = time.monotonic()
                    step.say(said[-1])
        except BaseException:  # we are told to stop: the fault ends what it has started
            process.terminate()
            raise
    if process.returncode != 0:
        raise StepFailed(f"manage.py {' '.join(words)} failed.", detail="\n".join(said[-25:]))


def _create_database(postgres: Postgres, name: str, template: str = "template0") -> None:
    _drop_database(postgres, name)
    postgres.sql(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}", database="template1")
    if template == "template0":
        for extension in ("pg_trgm", "btree_gin"):
            postgres.sql(f"CREATE EXTENSION IF NOT EXISTS {extension}", database=name)


def _drop_database(postgres: Postgres, name: str) -> None:
    postgres.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", database="template1")


def table(accounts: list[dict[str, Any]]) -> str:
    """The accounts for reading, and for docs/security.md."""
    rows = [("", "what was done", "counts", "lost / doubled / by halves", "")]
    for account in accounts:
        counts = ", ".join(f"{name} {_number(value)}" for name, value in account["counts"].items())
        sums = f"{account['lost']} / {account['doubled']} / {account['half_written']}"
        verdict = "kept" if account["kept"] else "BROKEN"
        rows.append((account["fault"], account["done"], counts, sums, verdict))
        rows += [("", "", f"! {words}", "", "") for words in account["broken"]]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
