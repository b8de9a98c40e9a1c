"""F2: workers die and the broker forgets everything, while reminders fall due and their mails go out."""

import random

from accounts.models import Reminder
from crm.demo.faults import world
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage

EACH = 5
"""Reminders that fall due in one cycle."""
FORGETS_EVERY = 5

NEEDED = ("send-due-reminders", "sweep-reminders", "deliver-events", "send-emails")
"""What beat sends for a reminder to arrive."""

DUE = "FROM accounts_reminder WHERE kind = 'due'"
MAILS = "FROM automation_outgoingemail WHERE kind = 'reminder'"


def play(stage: Stage, cycles: int) -> Outcome:
    """Kill the worker in the middle of its work, again and again; flush the broker every fifth time."""
    people = world.people()
    mine = world.customer(people["sales1"])
    chance = random.Random(2)  # noqa: S311 - where to kill, not a secret
    stage.hurry(*NEEDED)
    stage.start("worker")
    stage.start("beat")
    for cycle in range(1, cycles + 1):
        before = stage.sink.taken
        world.plan_due(people["sales1"], mine, EACH)
        wanted = before + chance.randint(1, EACH)
        stage.until(lambda wanted=wanted: stage.sink.taken >= wanted, "the worker sends mails")
        if cycle % 2:
            stage.kill("worker")
        else:
            stage.kill_children("worker")
        if cycle % FORGETS_EVERY == 0:
            stage.flush_broker()
        if cycle % 2:
            stage.start("worker")
        if cycle % 10 == 0:
            stage.say(f"{cycle} of {cycles} kills, {stage.sink.taken} mails taken")
    settle(stage)
    outcome = Outcome(
        "worker killed in mid-work, by turns whole and only its children; FLUSHALL every 5th time"
    )
    outcome.counts |= {"kills": cycles, "flushed": cycles // FORGETS_EVERY}
    account_for_reminders(stage, outcome, cycles * EACH)
    return outcome


def settle(stage: Stage) -> None:
    """Let the last worker do what is left; the leases of the dead ones run out."""
    stage.until(lambda: not stage.count(f"SELECT count(*) {DUE} AND state = 'pending'"), "all is reminded")
    stage.until(
        lambda: not stage.count(f"SELECT count(*) {MAILS} AND state = 'pending'"), "all mails are tried"
    )
    stage.restart("worker")
    stage.change(
        f"UPDATE {MAILS[5:]} AND state = 'sending'".replace(" WHERE", " SET lease_until = now() WHERE")
    )
    stage.until(
        lambda: not stage.count(f"SELECT count(*) {MAILS} AND state IN ('pending', 'sending')"),
        "the mails of dead workers are looked through",
    )
    stage.until(
        lambda: not stage.count("SELECT count(*) FROM events_delivery WHERE state = 'pending'"),
        "every consumer has heard of every event",
    )


def account_for_reminders(stage: Stage, outcome: Outcome, planned: int) -> None:
    """Each reminder once in the bell and once by mail; a mail whose sender died is shown, never sent again."""
    sent = stage.count(f"SELECT count(*) {DUE} AND state = %s", [Reminder.State.SENT])
    notes = stage.count("SELECT count(*) FROM automation_notification WHERE kind = 'reminder'")
    mails = dict(stage.rows(f"SELECT message_id, state {MAILS}"))
    arrived = set(stage.sink.seen)
    uncertain = {number for number, state in mails.items() if state == "uncertain"}
    undelivered = {n for n, state in mails.items() if state != "uncertain" and n not in arrived}
    outcome.lost += (
        (planned - sent) + max(0, planned - notes) + max(0, planned - len(mails)) + len(undelivered)
    )
    outcome.doubled += max(0, notes - planned) + max(0, len(mails) - planned) + stage.sink.doubled
    outcome.check(arrived <= mails.keys(), "mails arrived that nobody wrote down")
    dead = stage.count("SELECT count(*) FROM events_delivery WHERE state = 'dead'")
    outcome.check(not dead, f"{dead} deliveries were given up")
    outcome.counts |= {
        "reminders": planned,
        "mails arrived": len(arrived),
        "uncertain, arrived": len(uncertain & arrived),
        "uncertain, shown for a decision": len(uncertain - arrived),
    }
