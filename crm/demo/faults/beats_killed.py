"""F3: two beats at once, both killed again and again; every reminder still goes out once."""

from crm.demo.faults import world
from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage
from crm.demo.faults.worker_killed import DUE, NEEDED, account_for_reminders, settle

BEATS = ("beat", "second-beat")
EACH = 4


def play(stage: Stage, cycles: int) -> Outcome:
    """Kill one beat, then the other; reminders fall due while both run and while one is away."""
    people = world.people()
    mine = world.customer(people["sales1"])
    stage.hurry(*NEEDED)
    stage.start("worker")
    for beat in BEATS:
        stage.start(beat, "beat")
    for cycle in range(1, cycles + 1):
        for beat in BEATS:
            world.plan_due(people["sales1"], mine, EACH)
            stage.kill(beat)
            stage.until(
                lambda: not stage.count(f"SELECT count(*) {DUE} AND state = 'pending'"),
                "the other beat has everything reminded",
            )
            stage.start(beat)
        if cycle % 10 == 0:
            stage.say(f"{cycle} of {cycles} cycles")
    settle(stage)
    outcome = Outcome("two beats side by side, each killed in turn")
    outcome.counts |= {"kills of each beat": cycles}
    account_for_reminders(stage, outcome, cycles * len(BEATS) * EACH)
    return outcome
