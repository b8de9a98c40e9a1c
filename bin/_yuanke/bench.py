"""bin/bench: builds the companies to measure with, runs every part in a process of its own, prints one table."""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from pathlib import Path
from typing import Any

from . import environment, processes, serve, setup
from .places import PYTHON, ROOT, Data, data_folder
from .postgres import APP, OWNER, Postgres
from .services import Services
from .stamps import Stamp, fingerprint
from .steps import Progress, Step, StepFailed
from .supervisor import Supervisor

PARTS = (
    "lists",
    "fields",
    "palette",
    "record",
    "board",
    "duplicates",
    "imports",
    "load",
    "exports",
    "weight",
    "pool",
    "reports",
)
BY_SIZE = ("lists", "duplicates")
"""Parts that are measured in the small company and in the large one."""

LARGE = ("fields", "palette")
"""Parts that are measured in the large company alone."""

MADE_OF = (
    "crm/demo/bench/company.py",
    "crm/demo/customers.py",
    "crm/demo/fields.py",
    "crm/demo/names.py",
    "accounts/services/bulk.py",
)
"""What a company's records are made by; another schema is migrated to, another maker builds the company anew."""

SCRATCH = "crm_bench_scratch"
SMALL = 10_000
"""Customers of the company that the large one is compared with."""

GROWTH = 1.5
"""How much dearer a page may become from the small company to the large one."""


def main(arguments: list[str]) -> int:
    """Measure and print."""
    asked = _parse(arguments)
    data = data_folder(asked.data).make()
    progress = Progress()
    setup.of_the_clone(progress, data, dev=True)
    services = Services(data)
    if services.postgres is None:
        raise StepFailed(
            "Benchmarks build their own databases in the embedded server.", command="unset DATABASE_URL"
        )
    with services.running(progress):
        figures = _measure(asked, data, services, services.postgres, progress)
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    print(table(figures))
    return 0 if all(figure["kept"] is not False for figure in figures) else 1


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/bench", description="Measure, each figure beside its yardstick."
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--customers", type=int, default=1_000_000, help="size of the large company")
    parser.add_argument(
        "--only", action="append", choices=PARTS, help="measure only this part; may be repeated"
    )
    parser.add_argument("--data", help="the data folder; its bench databases are kept for the next time")
    return parser.parse_args(arguments)


def _measure(
    asked: argparse.Namespace, data: Data, services: Services, postgres: Postgres, progress: Progress
) -> list[dict[str, Any]]:
    parts = asked.only or PARTS
    env = {**environment.build(data, services), "CRM_LOG_LEVEL": "WARNING", "CRM_SLOW_QUERY_MS": "0"}
    setup.static_files(progress, data, env)
    small = _company(SMALL, data, postgres, env, progress)
    figures: list[dict[str, Any]] = []
    for part in parts:
        if part in LARGE:
            figures += _run(part, data, _company(asked.customers, data, postgres, env, progress), progress)
            continue
        if part == "load":
            scratch = _scratch(small, postgres, env)
            scratch["DATABASE_URL"] = postgres.url(APP, SCRATCH)  # as in daily life
            figures += _load(data, services, scratch, progress)
            continue
        if part == "exports":
            figures += _run(part, data, _company(100_000, data, postgres, env, progress), progress)
            continue
        if part not in BY_SIZE:
            figures += _run(part, data, _scratch(small, postgres, env), progress)
            continue
        before = _run(part, data, small, progress, note=f"{SMALL:,} customers")
        if asked.customers == SMALL:
            figures += before
            continue
        large = _company(asked.customers, data, postgres, env, progress)
        after = _run(part, data, large, progress, note=f"{asked.customers:,} customers")
        figures += after + growth(before, after)
    return figures


def _company(
    count: int, data: Data, postgres: Postgres, env: dict[str, str], progress: Progress
) -> dict[str, str]:
    """A database with so many customers, kept for the next time; returns the environment to use it."""
    name = f"crm_bench_{count}"
    ours = {**env, "DATABASE_URL": postgres.url(APP, name), "DATABASE_OWNER_URL": postgres.url(OWNER, name)}
    schema = fingerprint([file for file in setup.sources() if "migrations" in file.parts])
    stamp, wanted = Stamp(data.prepared, name), fingerprint([ROOT / file for file in MADE_OF], name)
    with progress.step(f"Company with {count:,} customers") as step:
        there = postgres.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'", database="template1")
        if there and stamp.says(f"{wanted} {schema}"):
            step.already_done()
            return ours
        if there and stamp.begins(wanted):
            stamp.write(wanted)  # made, and not yet up to date
            step.say("bringing its tables up to date")
            _follow(step, ["migrate", "--no-input", "-v0"], ours)
        else:
            stamp.forget()
            postgres.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", database="template1")
            postgres.sql(f"CREATE DATABASE {name} OWNER {OWNER}", database="template1")
            step.say("creating tables")
            _follow(step, ["migrate", "--no-input", "-v0"], ours)
            _follow(step, ["bench", "build", f"--customers={count}"], ours)
        postgres.sql("VACUUM ANALYZE", database=name)
        stamp.write(f"{wanted} {schema}")
    return ours


def _scratch(company: dict[str, str], postgres: Postgres, env: dict[str, str]) -> dict[str, str]:
    """A copy of a company's database that may be written to, by its owner: import-export resets sequences."""
    source, name = company["DATABASE_URL"].rpartition("/")[2], SCRATCH
    postgres.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", database="template1")
    postgres.sql(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {source}", database="template1")
    return {**env, "DATABASE_URL": postgres.url(OWNER, name), "DATABASE_OWNER_URL": postgres.url(OWNER, name)}


def _load(data: Data, services: Services, env: dict[str, str], progress: Progress) -> list[dict[str, Any]]:
    """Measure the running system: web, worker and beat as bin/serve starts them, on a company's copy."""
    asked = argparse.Namespace(bind="127.0.0.1", port=processes.free_port())
    env = {**env, **serve.addresses(asked), "CRM_LOG_LEVEL": "WARNING"}
    with processes.locked(data.run / "serve.lock", wait=False) as alone:
        if not alone:
            raise StepFailed(f"bin/serve runs on {data.folder}.", command="bin/bench --data another-folder")
        supervisor = Supervisor(serve.parts_of(asked, data), lambda: env, services)
        try:
            supervisor.start()
            supervisor.wait_until_healthy(f"{env['CRM_BASE_URL']}/healthz", progress)
            return _run("load", data, env, progress)
        finally:
            supervisor.stop()


def _follow(step: Step, words: list[str], env: dict[str, str]) -> None:
    """Run a manage.py command and show its last line as it goes."""
    command = [str(PYTHON), str(ROOT / "manage.py"), *words]
    said: list[str] = []
    with subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        shown = 0.0
        for line in process.stderr:
            said.append(line.rstrip())
            if time.monotonic() - shown > 5:
                shown = time.monotonic()
                step.say(said[-1])
    if process.returncode != 0:
        raise StepFailed(f"manage.py {' '.join(words)} failed.", detail="\n".join(said[-15:]))


def _run(
    part: str, data: Data, env: dict[str, str], progress: Progress, note: str = ""
) -> list[dict[str, Any]]:
    output = data.run / f"bench-{part}.json"
    with progress.step(f"Measuring {part}{', ' + note if note else ''}") as step:
        _follow(step, ["bench", part, f"--output={output}"], env)
    return json.loads(output.read_text())


def growth(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each page's processor time in the large company beside that in the small one.

    A bar stands only between pages of as many rows: a salesperson of the small company has too few for a full page.
    """
    earlier = {figure["what"]: figure for figure in before}
    found = []
    for figure in after:
        if figure["unit"] != "ms" or not figure["what"].endswith(("processor", "check")):
            continue
        small = earlier[figure["what"]]
        yardstick, alike = small["value"], small["rows"] == figure["rows"]
        found.append(
            figure
            | {
                "part": "growth",
                "yardstick": yardstick,
                "measured_against": f"{SMALL:,} customers"
                + ("" if alike else f", {small['rows']} rows instead of {figure['rows']}"),
                "bar": GROWTH * yardstick if alike else None,
                "kept": figure["value"] <= GROWTH * yardstick if alike else None,
            }
        )
    return found


def table(figures: list[dict[str, Any]]) -> str:
    """The figures for reading."""
    rows = [("", "figure", "yardstick", "bar", "")]
    for figure in figures:
        against = ""
        if figure["yardstick"] is not None:
            against = f"{_number(figure['yardstick'], figure['unit'])} ({figure['measured_against']})"
        bar = (
            ""
            if figure["bar"] is None
            else ("≤ " if figure["most"] else "≥ ") + _number(figure["bar"], figure["unit"])
        )
        mark = {True: "kept", False: "MISSED", None: ""}[figure["kept"]]
        what = f"{figure['part']}: {figure['what']}"
        rows.append((what, _number(figure["value"], figure["unit"]), against, bar, mark))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _number(value: float, unit: str) -> str:
    text = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
    return f"{text} {unit}".strip()
