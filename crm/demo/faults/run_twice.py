"""F8: every task of the registry runs again, and several times at the same moment; the tables stay as after one run."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from celery import current_app
from django.core.management import CommandError
from django.db import connection

from crm.demo.faults import workload
from crm.demo.faults.delivered_twice import at_once, mails_to_sink, name_failed
from crm.demo.faults.digest import different, digest, raise_numbers
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage

WITH_ARGUMENTS = {
    "crm.listing.tasks.run_bulk_job": lambda work: (work.bulk_job,),
    "crm.listing.importing.tasks.run_import": lambda work: (work.import_job,),
    "crm.listing.exporting.tasks.make_export": lambda work: (work.export_job,),
    "crm.console.tasks.send_reset_link": lambda work: (work.people["sales1"].email,),
}
"""What each task is called with; a task that takes nothing needs no entry."""

ONLY_WAKE = {
    "crm.listing.tasks.wake_waiting_jobs",
    "crm.listing.importing.tasks.resume_imports",
    "crm.listing.exporting.tasks.tidy_exports",
    "crm.records.tasks.check_calendars",
    "crm.records.tasks.follow_fields",
    "crm.automation.tasks.fetch_mail",
    "crm.console.tasks.send_reset_link",
}
"""Tasks that wake others, send what stands in no table, or look after what is well here: they change no row."""


def registry() -> list[str]:
    """Every task of ours, in the order of their names."""
    current_app.loader.import_default_modules()
    return sorted(name for name in current_app.tasks if not name.startswith("celery."))


def uncovered() -> list[str]:
    """Tasks that nobody has said how to call."""
    return [name for name in registry() if takes_arguments(name) and name not in WITH_ARGUMENTS]


def takes_arguments(name: str) -> bool:
    """Whether a task has to be told something."""
    function = current_app.tasks[name].run
    return bool(function.__code__.co_argcount - (1 if hasattr(function, "__self__") else 0))


def play(stage: Stage, cycles: int) -> Outcome:
    """Once, then so many times again; and in a copy of the same company so many more times at once."""
    work = workload.prepare(stage)
    outcome = Outcome("every task run again, and in a copy of the company several times at one moment")
    missing = uncovered()
    outcome.check(not missing, f"nobody says how to call: {', '.join(missing)}")
    names = [name for name in registry() if name not in missing]
    before = str(connection.settings_dict["NAME"])
    with _copy(before, f"{before}_at_once") as copy:
        after = _one_by_one(names, work, cycles, outcome, stage)
        outcome.doubled += stage.sink.doubled
        stage.sink.forget()  # the copy sends the same mails
        _switch(copy)
        _all_at_once(names, work, cycles + 1, after, outcome, stage)
        _switch(before)
    outcome.doubled += stage.sink.doubled
    outcome.counts |= {
        "tasks": len(names),
        "of the registry (%)": round(100 * len(names) / len(registry())),
        "times more": cycles,
        "at once": cycles + 1,
    }
    return outcome


def _one_by_one(
    names: list[str], work: workload.Work, cycles: int, outcome: Outcome, stage: Stage
) -> dict[str, dict[str, str]]:
    """Each task once, then again; returns what the tables held after each."""
    found, last = {}, digest()
    with mails_to_sink(stage):
        for name in names:
            _call(name, work)
            once = digest()
            outcome.check(
                name in ONLY_WAKE or once != last or _is_unknown(name),
                f"{name} found nothing to do: this proves nothing",
            )
            for _again in range(cycles):
                _call(name, work)
            last = digest()
            for words in different(once, last):
                outcome.doubled += 1
                outcome.broken.append(f"{name} run again: {words}")
            found[name] = last
            stage.say(f"{name} again")
    return found


def _all_at_once(
    names: list[str],
    work: workload.Work,
    number: int,
    after: dict[str, dict[str, str]],
    outcome: Outcome,
    stage: Stage,
) -> None:
    """Each task several times at one moment; the tables have to hold what one run leaves."""
    with mails_to_sink(stage):
        for name in names:
            failed = at_once(number, lambda name=name: _call(name, work))
            outcome.check(not failed, f"{name} at once: {failed}")
            for words in different(after[name], digest()):
                outcome.doubled += 1
                outcome.broken.append(f"{name} at once: {words}")
            stage.say(f"{name} at once")
    name_failed(stage, outcome)


def _call(name: str, work: workload.Work) -> Any:
    arguments = WITH_ARGUMENTS[name](work) if name in WITH_ARGUMENTS else ()
    return current_app.tasks[name](*arguments)


def _is_unknown(name: str) -> bool:
    """A task that is younger than this list: it runs twice like the others, with whatever lies there for it."""
    return name not in KNOWN


KNOWN = {
    "accounts.tasks.empty_bin",
    "accounts.tasks.find_duplicates",
    "accounts.tasks.send_due_reminders",
    "accounts.tasks.sweep_reminders",
    "crm.automation.tasks.send_emails",
    "crm.events.tasks.deliver_events",
    "crm.identity.tasks.remove_expired_grants",
    "crm.identity.tasks.tidy_sessions",
    "crm.listing.exporting.tasks.make_export",
    "crm.listing.importing.tasks.run_import",
    "crm.listing.importing.tasks.tidy_imports",
    "crm.listing.tasks.forget_idempotency_keys",
    "crm.listing.tasks.run_bulk_job",
    "crm.records.tasks.delete_unattached_files",
    "sales.tasks.run_cadences",
}
"""Tasks for which the company has work lying about."""


@contextmanager
def _copy(database: str, name: str) -> Iterator[str]:
    """A copy of this database, its new rows numbered like those of the original."""
    owner = os.environ["DATABASE_OWNER_URL"]
    if not owner:
        raise CommandError("The owner's address is needed to copy the database.")
    connection.close()
    with closing(psycopg2.connect(owner)) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            raise_numbers(cursor)
    with closing(psycopg2.connect(owner.rpartition("/")[0] + "/postgres")) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {database}")
            try:
                yield name
            finally:
                # FORCE would ask for more rights where the server is vacuuming; that ends by itself when the rest is gone.
                ours = "datname = %s AND usename IS NOT NULL"
                cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}", [name])
                cursor.execute(f"DROP DATABASE {name}")


def _switch(database: str) -> None:
    """Work on another database from now on, in every thread."""
    connection.close()
    connection.settings_dict["NAME"] = database
