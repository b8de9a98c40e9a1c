"""F9: events and jobs that raise, crash or eat all memory: tried five times, given up, and nobody else waits for them."""

import ctypes
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crm.core.hooks import hooks
from crm.demo.faults import world
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage
from crm.events.delivery import MAX_ATTEMPTS
from crm.events.models import Delivery, Event
from crm.events.tasks import deliver_events, wake
from crm.identity.models import User
from crm.listing.exporting.tasks import make_export
from crm.records.models import BackgroundJob, ExportJob, ImportJob

WORD = "faults."
GOOD = 20
"""Harmless events among the poisonous ones of one cycle."""
MOST_LAG = 30.0
"""Seconds others may wait behind the poison."""


def fail() -> None:
    """An ordinary error."""
    raise ValueError("cannot be digested")


def crash() -> None:
    """A segmentation fault, as a broken C library causes it."""
    ctypes.string_at(0)


def eat_memory() -> None:
    """More memory than the process may have."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, hard))
    try:
        bytearray(2**30)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def be_killed() -> None:
    """What the kernel does to a process when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


POISONS: dict[str, Callable[[], None]] = {
    "raise": fail,
    "segfault": crash,
    "memory": eat_memory,
    "killed": be_killed,
}


def add_consumers() -> None:
    """In a worker of this fault: one consumer for each poison, and jobs that carry one in their name."""
    from crm.listing import bulk
    from crm.listing.exporting import jobs as exporting
    from crm.listing.importing import running

    hooks.add_consumer(f"{WORD}good", (), lambda event: None)
    for name, poison in POISONS.items():
        hooks.add_consumer(WORD + name, (), lambda event, poison=poison: poison())
    _poisonous(exporting, "_make", lambda job: job.reason)
    _poisonous(running, "_advance", lambda job: job.file_name)
    _poisonous(bulk, "_reopen", lambda job: job.title)


def _poisonous(module: Any, name: str, label: Callable[[Any], str]) -> None:
    """Let a job whose label names a poison take it, in place of its work."""
    healthy = getattr(module, name)

    def perhaps(job: Any, *args: Any) -> Any:
        kind = label(job).removeprefix(WORD)
        if label(job).startswith(WORD) and kind in POISONS:
            POISONS[kind]()
        return healthy(job, *args)

    setattr(module, name, perhaps)


def play(stage: Stage, cycles: int) -> Outcome:
    """Poisonous events among good ones, and poisonous jobs of every kind, until all of them are given up."""
    people = world.people()
    outcome = Outcome(f"consumers and jobs that {', '.join(POISONS)}")
    stage.hurry("deliver-events", "wake-jobs", "resume-imports", "tidy-exports")
    stage.start("worker")
    stage.start("beat")
    lag = 0.0
    for cycle in range(1, cycles + 1):
        _plant_events(good=GOOD)
        lag = max(lag, stage.until(lambda: not _open(stage, f"{WORD}good"), "the good events are through"))
        stage.say(f"{cycle} of {cycles} cycles, the good ones waited at most {lag:.1f} s")
    rounds = _until_given_up(stage, lambda: _open(stage, f"{WORD}%"), _let_time_pass_for_events)
    _account_for_events(stage, outcome, cycles)
    jobs = _plant_jobs(people["admin"])
    good = _export(people["admin"], "a good one")
    stage.until(lambda: _is_over(good), "the good export is made")
    _until_given_up(stage, lambda: sum(not _is_over(job) for job in jobs), _let_time_pass_for_jobs)
    for job in jobs:
        job.refresh_from_db()
        outcome.check(job.state == "failed", f"{job._meta.model_name} “{job}” is {job.state}")
        outcome.check(
            job.attempts in (MAX_ATTEMPTS, MAX_ATTEMPTS + 1), f"{job} was tried {job.attempts} times"
        )
    good.refresh_from_db()
    outcome.lost += good.state != ExportJob.State.DONE
    outcome.check(not stage.timed or lag < MOST_LAG, f"good events waited {lag:.0f} s")
    outcome.check(not stage.fell(), "the worker itself ended")
    outcome.counts |= {
        "poisonous events": cycles * len(POISONS),
        "poisonous jobs": len(jobs),
        "good events": cycles * GOOD,
        "tries": MAX_ATTEMPTS,
        "longest wait of good ones (s)": round(lag, 1),
        "rounds": rounds,
    }
    return outcome


def _plant_events(good: int) -> None:
    """The poison first, so that it stands before everything good."""
    consumers = [*(WORD + name for name in POISONS), *[f"{WORD}good"] * good]
    plain = {"name": "faults.poison", "actor_kind": "system", "actor_name": "faults", "subject_type": "x"}
    events = Event._base_manager.bulk_create(
        [Event(subject_id="1", about=[], **plain) for _each in consumers]
    )
    Delivery._base_manager.bulk_create(
        Delivery(event_id=event.pk, consumer=consumer)
        for event, consumer in zip(events, consumers, strict=True)
    )
    wake(deliver_events)


def _open(stage: Stage, consumer: str) -> int:
    return stage.count(
        "SELECT count(*) FROM events_delivery WHERE state = 'pending' AND consumer LIKE %s", [consumer]
    )


def _until_given_up(stage: Stage, left: Callable[[], int], let_time_pass: Callable[[Stage], int]) -> int:
    """Let the waiting times pass until nothing is tried any more; returns how often they had to."""
    rounds = 0
    while left():
        let_time_pass(stage)
        rounds += 1
        tried = _tries(stage)
        stage.until(lambda tried=tried: _tries(stage) > tried or not left(), "it is tried again")
        if rounds > 500:
            break
    return rounds


def _tries(stage: Stage) -> int:
    """How often anything was tried or given up so far."""
    return stage.count(
        "SELECT (SELECT coalesce(sum(attempts), 0) + count(*) FILTER (WHERE state = 'dead') FROM events_delivery)"
        + "".join(
            f" + (SELECT coalesce(sum(attempts), 0) + count(*) FILTER (WHERE state = 'failed') FROM {table})"
            for table in ("records_exportjob", "records_importjob", "records_backgroundjob")
        )
    )


def _let_time_pass_for_events(stage: Stage) -> int:
    return stage.change(
        "UPDATE events_delivery SET next_at = now() WHERE state = 'pending' AND consumer LIKE %s",
        [f"{WORD}%"],
    )


def _let_time_pass_for_jobs(stage: Stage) -> int:
    """The silence after which a job counts as dropped."""
    long_ago = "now() - interval '1 hour'"
    return (
        stage.change(
            f"UPDATE records_exportjob SET beat_at = {long_ago} WHERE state IN ('queued', 'running')"
        )
        + stage.change(f"UPDATE records_importjob SET beat_at = {long_ago} WHERE finished_at IS NULL")
        + stage.change(
            f"UPDATE records_backgroundjob SET seen_at = {long_ago}, created_at = {long_ago} "
            "WHERE state IN ('queued', 'running')"
        )
    )


def _account_for_events(stage: Stage, outcome: Outcome, cycles: int) -> None:
    for consumer, state, attempts, number in stage.rows(
        "SELECT consumer, state, attempts, count(*) FROM events_delivery WHERE consumer LIKE %s GROUP BY 1, 2, 3",
        [f"{WORD}%"],
    ):
        wanted = ("done", 1) if consumer == f"{WORD}good" else ("dead", MAX_ATTEMPTS)
        outcome.check(
            (state, attempts) == wanted, f"{number} events of {consumer} are {state} after {attempts} tries"
        )
    good = stage.count(
        "SELECT count(*) FROM events_delivery WHERE consumer = %s AND state = 'done'", [f"{WORD}good"]
    )
    outcome.lost += cycles * GOOD - good


def _plant_jobs(user: User) -> list[Any]:
    """A poisonous export, import and bulk job for each poison that kills."""
    deadly = [f"{WORD}{name}" for name in POISONS]
    jobs: list[Any] = [_export(user, label) for label in deadly]
    for label in deadly:
        jobs.append(ImportJob._base_manager.create(user=user, resource="customers", file_name=label))
        jobs.append(
            BackgroundJob._base_manager.create(
                user=user,
                kind="bulk",
                title=label,
                params={"listing": "customers", "verb": "delete"},
                total=1,
            )
        )
    return jobs


def _export(user: User, reason: str) -> ExportJob:
    job = ExportJob._base_manager.create(user=user, resource="customers", format="csv", reason=reason)
    wake(make_export, job.pk)
    return job


def _is_over(job: Any) -> bool:
    job.refresh_from_db()
    return job.finished_at is not None
