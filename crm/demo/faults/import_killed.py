"""F6: workers die in the middle of a large import; it goes on where they stopped, and every row is there once."""

import random

from django.core.files.uploadedfile import SimpleUploadedFile

from crm.demo.faults import world
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage
from crm.listing.importing import jobs
from crm.records.models import ImportJob

ROWS_FULL, KILLS_FULL = 100_000, 20
ROWS_EACH = ROWS_FULL // KILLS_FULL

EXACT = {
    "customers": "SELECT count(*) FROM accounts_customer",
    "different names": "SELECT count(DISTINCT name) FROM accounts_customer",
    "contacts": "SELECT count(*) FROM accounts_contact",
    "life-cycle entries": "SELECT count(*) FROM accounts_lifecycleevent",
    "events": "SELECT count(*) FROM events_event WHERE name = 'customer.imported'",
    "rows settled": "SELECT count(*) FROM records_importrow WHERE outcome = 'created'",
}


def play(stage: Stage, cycles: int) -> Outcome:
    """5,000 rows for each kill; the kills are spread over reading, checking and writing."""
    people = world.people()
    rows = cycles * ROWS_EACH
    stage.hurry("resume-imports")
    stage.start("beat")
    stage.start("worker")
    job = jobs.start_import(people["admin"], _sheet(rows), "customers")
    chance = random.Random(6)  # noqa: S311 - where to kill, not a secret
    marks = sorted(chance.uniform(0.02, 0.98) * 2 * rows for _kill in range(cycles))
    killed = 0
    for mark in marks:
        stage.until(lambda mark=mark: _progress(job) >= mark or job.is_final, "the import gets on", 600)
        if job.is_final:
            break
        if killed % 2:
            stage.kill_children("worker")
        else:
            stage.restart("worker")
        killed += 1
        # The minute of silence after which a job counts as dropped.
        stage.change(
            "UPDATE records_importjob SET beat_at = now() - interval '1 hour' WHERE id = %s", [job.pk]
        )
        stage.say(f"{killed} of {cycles} kills, {job.checked:,} checked, {job.written:,} written of {rows:,}")
    stage.until(lambda: _progress(job) >= 0 and job.is_final, "the import is over", 900)
    outcome = Outcome("worker killed in the middle of one import, by turns whole and only its children")
    outcome.check(killed == cycles, f"only {killed} kills: the import was over before")
    outcome.check(job.state == ImportJob.State.DONE, f"the import is {job.state}: {job.error}")
    for what, sql in EXACT.items():
        found = stage.count(sql)
        outcome.lost += max(0, rows - found)
        outcome.doubled += max(0, found - rows)
        outcome.check(found == rows, f"{found:,} {what} instead of {rows:,}")
    finished = stage.count("SELECT count(*) FROM events_event WHERE name = 'import.finished'")
    outcome.check(finished == 1, f"the end was noted {finished} times")
    outcome.counts |= {"rows": rows, "kills": killed}
    return outcome


def _sheet(rows: int) -> SimpleUploadedFile:
    names = world.names("导入")
    lines = [f"{next(names)},联系人{number},139{number:08},{number}号" for number in range(rows)]
    text = "\n".join(["客户名称,联系人,手机,地址", *lines])
    return SimpleUploadedFile("customers.csv", text.encode())


def _progress(job: ImportJob) -> int:
    job.refresh_from_db()
    return job.checked + job.written
