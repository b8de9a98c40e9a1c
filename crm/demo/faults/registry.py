"""Which faults there are, and how often each is caused."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from crm.demo.faults.outcome import Outcome
from crm.demo.faults.stage import Stage


@dataclass(frozen=True)
class Fault:
    """One fault: the module that causes it, and how many cycles it runs in full and in the tests."""

    key: str
    module: str
    cycles: int
    short: int

    def play(self, stage: Stage, cycles: int) -> Outcome:
        """Cause it so many times and report."""
        play: Callable[[Stage, int], Outcome] = import_module(f"crm.demo.faults.{self.module}").play
        return play(stage, cycles)


FAULTS = {
    fault.key: fault
    for fault in [
        Fault("F1", "web_killed", 200, 2),
        Fault("F2", "worker_killed", 200, 2),
        Fault("F3", "beats_killed", 50, 1),
        Fault("F5", "broker_away", 600, 4),
        Fault("F6", "import_killed", 20, 2),
        Fault("F8", "run_twice", 3, 1),
        Fault("F9", "poison", 5, 1),
        Fault("F12", "double_clicks", 50, 4),
        Fault("F13", "two_editors", 1000, 6),
        Fault("F21", "huge_requests", 1_000_000, 2_000),
        Fault("F24", "delivered_twice", 4, 2),
    ]
}
