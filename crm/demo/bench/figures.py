"""What one measurement says, and how it is measured."""

import gc
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

ROUNDS = 11


@dataclass
class Figure:
    """One measured number beside its yardstick and the bar it has to keep, as a formula over the yardstick."""

    part: str
    what: str
    value: float
    unit: str
    yardstick: float | None = None
    measured_against: str = ""
    bar: float | None = None
    most: bool = True  # the bar is a ceiling; otherwise a floor
    rows: int | None = None  # of the page measured

    @property
    def kept(self) -> bool | None:
        """Whether the bar is kept; None where there is none."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.most else self.value >= self.bar

    def as_json(self) -> dict[str, Any]:
        """The figure as it stands in the file of `--json`."""
        return asdict(self) | {"kept": self.kept}


def cpu_ms(*acts: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Processor time of this process for one call of each, the median of several: other programs do not count.

    They take turns, so that what else the machine does slows the measured and its yardstick alike.
    """
    times: list[list[float]] = [[] for _act in acts]
    for act in acts:
        act()
    gc.collect()
    gc.disable()
    try:
        for _round in range(rounds):
            for act, own in zip(acts, times, strict=True):
                began = time.process_time()
                act()
                own.append(time.process_time() - began)
    finally:
        gc.enable()
    return [sorted(own)[len(own) // 2] * 1000 for own in times]


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Collects the statements that are executed inside."""
    found: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def server_ms(found: list[tuple[str, Any]], rounds: int = ROUNDS) -> float:
    """Time the server spends executing these statements, without planning and transport; the best of several rounds.

    The best, because anything else running on the machine can only make it longer.
    """
    total = 0.0
    with connection.cursor() as cursor:
        for sql, params in found:
            if not sql.lstrip("( ").upper().startswith(("SELECT", "WITH")):
                continue
            times = []
            for _round in range(rounds):
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
                times.append(cursor.fetchone()[0][0]["Execution Time"])
            total += min(times)
    return total


def peak_mb() -> float:
    """The most memory this process has ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
