"""F21: pages without an end and exports of everything: the memory of the system stays small."""

import re
from pathlib import Path

import requests

from crm.demo.bench import company
from crm.demo.faults import world
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage
from crm.identity.models import User
from crm.listing.exporting.jobs import request_export
from crm.records.models import ExportJob

MOST_MB = 300
ENDLESS = 10**9

ASKED = (
    f"customers/?page_size={ENDLESS}",
    f"customers/?limit={ENDLESS}",
    f"contacts/?page_size={ENDLESS}",
    f"activities/?page_size={ENDLESS}",
)


def play(stage: Stage, cycles: int) -> Outcome:
    """In a company of so many customers: endless pages by API, and both kinds of files with all of them."""
    company.build(cycles, stage.say)
    User._base_manager.filter(username="admin").update(is_superuser=True)  # no cap on how many rows may leave
    admin = User._base_manager.get(username="admin")
    outcome = Outcome("pages of 10⁹ rows by API, exports of everything as csv and xlsx")
    stage.hurry("tidy-exports")
    stage.start("web")
    stage.start("worker")
    stage.start("beat")
    stage.until(stage.web_answers, "web answers")
    most = _ask(stage, world.Caller(stage.url, admin), outcome)
    rows = stage.count("SELECT count(*) FROM accounts_customer WHERE deleted_at IS NULL")
    for kind in ("csv", "xlsx"):
        job = request_export(admin, "customers", file_format=kind, reason="faults", actor=world.SYSTEM)
        stage.until(lambda job=job: _is_over(job), f"the {kind} is made", 3600)
        outcome.check(job.state == ExportJob.State.DONE, f"{kind} is {job.state}: {job.error}")
        outcome.lost += rows - job.done
        stage.say(f"{kind}: {job.done:,} rows, worker at most {peak_mb(stage, 'worker'):.0f} MB")
    web, worker = peak_mb(stage, "web"), peak_mb(stage, "worker")
    for part, megabytes in (("web", web), ("worker", worker)):
        outcome.check(megabytes < MOST_MB, f"a process of {part} took {megabytes:.0f} MB")
    outcome.counts |= {
        "customers": rows,
        "most rows in one answer": most,
        "largest web process (MB)": round(web),
        "largest worker process (MB)": round(worker),
    }
    return outcome


def _ask(stage: Stage, caller: world.Caller, outcome: Outcome) -> int:
    """Ask for pages without an end; returns the most rows that came in one answer."""
    most = 0
    for path in ASKED:
        answer = caller("GET", path)
        if answer is None:
            outcome.check(False, f"{path}: no answer")
        elif answer.status_code == requests.codes.ok:
            most = max(most, len(answer.json()["results"]))
        else:
            outcome.check(answer.status_code == requests.codes.bad_request, f"{path}: {answer.status_code}")
    outcome.check(most <= 1000, f"{most} rows came at once")
    return most


def _is_over(job: ExportJob) -> bool:
    job.refresh_from_db()
    return not job.is_active


def peak_mb(stage: Stage, name: str) -> float:
    """The most memory that any one process of a part has held so far."""
    process = stage.parts[name].process
    assert process is not None
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return max(_high_water(int(pid)) for pid in [process.pid, *children])


def _high_water(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
