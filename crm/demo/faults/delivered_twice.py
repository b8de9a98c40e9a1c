"""F24: every event and every mail is delivered again, in any order and by several at once; nothing changes any more."""

import threading
from collections.abc import Callable

from django.db import connection
from django.test.utils import override_settings

from crm.automation.services import send_pending
from crm.core.hooks import hooks
from crm.demo.faults import workload
from crm.demo.faults.digest import different, digest
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage
from crm.events.delivery import deliver_pending

AT_ONCE = 3


def play(stage: Stage, cycles: int) -> Outcome:
    """Deliver everything once, then so many times more; then send all mails, several senders at once."""
    workload.prepare(stage)
    outcome = Outcome(
        "every event delivered again in any order by several dispatchers; mails sent by several at once"
    )
    deliver_pending(100_000)
    heard = {
        consumer
        for (consumer,) in stage.rows("SELECT DISTINCT consumer FROM events_delivery WHERE state = 'done'")
    }
    outcome.check(heard >= hooks.consumers.keys(), f"never tried: {sorted(hooks.consumers.keys() - heard)}")
    before = digest()
    for cycle in range(cycles):
        stage.change(
            "UPDATE events_delivery SET state = 'pending', attempts = 0, next_at = now() - random() * interval '1 hour'"
        )
        failed = at_once(AT_ONCE, lambda: deliver_pending(100_000))
        outcome.check(not failed, f"dispatchers failed: {failed}")
        for words in different(before, digest()):
            outcome.doubled += 1
            outcome.broken.append(f"round {cycle + 1}: {words}")
        name_failed(stage, outcome)
    mails = _send_all(stage, outcome)
    outcome.counts |= {
        "events delivered": stage.count("SELECT count(*) FROM events_delivery"),
        "consumers": len(heard),
        "times more": cycles,
        "dispatchers": AT_ONCE,
        "mails": mails,
    }
    return outcome


def _send_all(stage: Stage, outcome: Outcome) -> int:
    """Several senders at once, twice over: each mail that waits leaves once."""
    waiting = [pk for (pk,) in stage.rows("SELECT id FROM automation_outgoingemail WHERE state = 'pending'")]
    with mails_to_sink(stage):
        for _again in range(2):
            stage.change("UPDATE automation_outgoingemail SET next_at = now() WHERE state = 'pending'")
            failed = at_once(AT_ONCE, lambda: send_pending(100_000))
            outcome.check(not failed, f"senders failed: {failed}")
    left = "SELECT count(*) FROM automation_outgoingemail WHERE state <> 'dropped' AND id = ANY(%s)"
    mails = stage.count(left, [waiting])
    outcome.check(mails > 0, "there was no mail to send")
    outcome.lost += max(0, mails - len(stage.sink.seen))
    outcome.doubled += stage.sink.doubled
    return mails


def name_failed(stage: Stage, outcome: Outcome) -> None:
    """Say which consumers raised, and what."""
    for consumer, error in stage.rows("SELECT consumer, error FROM events_delivery WHERE error <> ''"):
        outcome.check(False, f"{consumer}: {error}")


def mails_to_sink(stage: Stage) -> override_settings:
    """Mails of this very process go to the sink."""
    return override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=stage.sink.port,
    )


def at_once(number: int, act: Callable[[], object]) -> list[str]:
    """So many threads do the same at one moment, each with a connection of its own; returns what went wrong."""
    start, failed = threading.Barrier(number), []

    def run() -> None:
        try:
            start.wait()
            act()
        except Exception as error:
            failed.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed
