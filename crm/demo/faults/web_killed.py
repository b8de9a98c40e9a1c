"""F1: the web part dies while people create and change customers; what stands in the tables is whole."""

import random
import threading
from dataclasses import dataclass, field

from crm.demo.faults import world
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage

WRITERS = 3
PREFIX = "断电"

MADE = f"FROM accounts_customer c WHERE c.name LIKE '{PREFIX}%%'"
EVENTS = "events_event e WHERE e.subject_type = 'accounts.customer' AND e.subject_id = c.id::text"

HALF = {
    "customers without exactly one event of their making": f"SELECT count(*) {MADE} AND "
    f"(SELECT count(*) FROM {EVENTS} AND e.name = 'customer.created') <> 1",
    "customers without their first life-cycle entry": f"SELECT count(*) {MADE} AND "
    "(SELECT count(*) FROM accounts_lifecycleevent l WHERE l.customer_id = c.id) <> 1",
    "customers whose version is not the number of their changes": f"SELECT count(*) {MADE} AND "
    f"c.version <> 1 + (SELECT count(*) FROM {EVENTS} AND e.name = 'customer.updated')",
    "customers without their key fact": f"SELECT count(*) {MADE} AND "
    "(SELECT count(*) FROM accounts_highlight h WHERE h.customer_id = c.id) <> 1",
    "events of customers that are not there": "SELECT count(*) FROM events_event e "
    "WHERE e.name LIKE 'customer.%%' AND NOT EXISTS (SELECT FROM accounts_customer c WHERE c.id::text = e.subject_id)",
    "deliveries of events that are not there": "SELECT count(*) FROM events_delivery d "
    "WHERE NOT EXISTS (SELECT FROM events_event e WHERE e.id = d.event_id)",
}


@dataclass
class Written:
    """What the web part has confirmed."""

    made: dict[int, str] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)
    unanswered: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def confirmed(self) -> int:
        return len(self.made) + len(self.changed)


def play(stage: Stage, cycles: int) -> Outcome:
    """Kill web in the middle of requests, again and again, while several people write without a pause."""
    people = world.people()
    callers = [world.Caller(stage.url, people[name]) for name in ("sales1", "sales2", "sales3")[:WRITERS]]
    written, over = Written(), threading.Event()
    stage.start("web")
    stage.until(stage.web_answers, "web answers")
    threads = [
        threading.Thread(target=_write, args=(stage, caller, number, written, over))
        for number, caller in enumerate(callers)
    ]
    for thread in threads:
        thread.start()
    chance = random.Random(1)  # noqa: S311 - where to kill, not a secret
    try:
        for cycle in range(1, cycles + 1):
            wanted = written.confirmed + chance.randint(1, 6)
            stage.until(lambda wanted=wanted: written.confirmed >= wanted, "writes are confirmed")
            if cycle % 2:
                stage.restart("web")
            else:
                stage.kill_children("web")
            stage.until(stage.web_answers, "web answers again")
            if cycle % 10 == 0:
                stage.say(f"{cycle} of {cycles} kills, {written.confirmed} writes confirmed")
    finally:
        over.set()
        for thread in threads:
            thread.join()
    return _account(stage, written, cycles)


def _write(stage: Stage, caller: world.Caller, number: int, written: Written, over: threading.Event) -> None:
    """One person: a customer with a key fact, then a change to it, and so on."""
    for serial, name in enumerate(world.names(f"{PREFIX}{'甲乙丙'[number]}"), start=number * 1_000_000):
        if over.is_set():
            return
        facts = [{"label": "号", "text": str(serial)}]
        made = caller("POST", "customers/", {"name": name, "highlights": facts})
        if made is None:
            written.unanswered += 1
            over.wait(0.05)  # the next one knows that nobody answers
            continue
        if made.status_code != 201:
            written.refused.append(f"{made.status_code} {made.text[:200]}")
            continue
        record = made.json()
        written.made[record["id"]] = name
        body = {"address": f"{serial}号", "version": record["version"]}
        changed = caller("PATCH", f"customers/{record['id']}/", body)
        if changed is None:
            written.unanswered += 1
        elif changed.status_code == 200:
            written.changed[record["id"]] = serial
        else:
            written.refused.append(f"{changed.status_code} {changed.text[:200]}")


def _account(stage: Stage, written: Written, cycles: int) -> Outcome:
    outcome = Outcome("web killed while three people write by API, by turns whole and only its children")
    there = dict(stage.rows(f"SELECT c.id, c.address {MADE}"))
    outcome.lost = sum(pk not in there for pk in written.made)
    outcome.lost += sum(there.get(pk) != f"{serial}号" for pk, serial in written.changed.items())
    outcome.doubled = stage.count(f"SELECT count(*) - count(DISTINCT c.name) {MADE}")
    for words, sql in HALF.items():
        found = stage.count(sql)
        outcome.half_written += found
        outcome.check(not found, f"{found} {words}")
    outcome.check(not written.refused, f"{len(written.refused)} refused, first: {written.refused[:1]}")
    outcome.counts |= {
        "kills": cycles,
        "writes confirmed": written.confirmed,
        "requests without an answer": written.unanswered,
        "customers there": len(there),
    }
    return outcome
