"""Approvals (审批): whom a step really asks, and what follows from each decision.

A flow is a list of steps; every step asks its approvers one after the other (依次), any one of them (或签) or all of
them (会签). The tasks of a round are values here; the services keep them as rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

SEQUENTIAL, ANY, ALL = "sequential", "any", "all"
WAITING, OPEN, APPROVED, REJECTED, SKIPPED, CANCELLED = (
    "waiting",
    "open",
    "approved",
    "rejected",
    "skipped",
    "cancelled",
)
PENDING = "pending"
UNDECIDED = (WAITING, OPEN)


@dataclass(frozen=True)
class Task:
    """One approver's part in a step of the round."""

    step: int
    approver: int
    state: str = WAITING


@dataclass(frozen=True)
class Round:
    """Where a submission stands: its tasks, and what has come of it (pending, approved, rejected)."""

    tasks: tuple[Task, ...]
    outcome: str = PENDING


@dataclass(frozen=True)
class Seat:
    """Whom a step really asks, and in whose place where that is somebody else."""

    person: int
    instead_of: int | None = None


def seats(
    approvers: Sequence[int],
    *,
    submitter: int,
    manager_of: Callable[[int], int | None],
    active: Callable[[int], bool],
    delegates: Mapping[int, int],
    executive: int | None,
) -> list[Seat]:
    """Whom a step really asks.

    Nobody approves their own: their task goes to their manager. Who is inactive is replaced by their manager. Who has
    delegated is replaced by the delegate, without chains. A step without anybody goes to the executive, never to IT.
    """

    def upward(person: int | None) -> int | None:
        seen: set[int] = set()
        while person is not None and (person == submitter or not active(person)):
            if person in seen:
                return None
            seen.add(person)
            person = manager_of(person)
        return person

    asked: dict[int, Seat] = {}
    for approver in approvers:
        person = upward(approver)
        delegate = delegates.get(person) if person is not None else None
        if delegate is not None and delegate != submitter and active(delegate):
            person = delegate
        if person is not None and person not in asked:
            asked[person] = Seat(person, approver if person != approver else None)
    if not asked and executive is not None:
        return [Seat(executive, approvers[0] if approvers else None)]
    return list(asked.values())


def settle(modes: Sequence[str], tasks: Sequence[Task]) -> Round:
    """What the decisions so far mean: one rejection ends the round, a finished step opens the next."""
    rows = list(tasks)
    if any(task.state == REJECTED for task in rows):
        return Round(tuple(_close(task, CANCELLED) for task in rows), REJECTED)
    for number, mode in enumerate(modes):
        step = [place for place, task in enumerate(rows) if task.step == number]
        if _finished(mode, [rows[place].state for place in step]):
            for place in step:
                rows[place] = _close(rows[place], SKIPPED)
            continue
        undecided = [place for place in step if rows[place].state in UNDECIDED]
        for place in undecided[:1] if mode == SEQUENTIAL else undecided:
            rows[place] = replace(rows[place], state=OPEN)
        return Round(tuple(rows))
    return Round(tuple(rows), APPROVED)


def _finished(mode: str, states: Sequence[str]) -> bool:
    if mode == ANY and states:
        return APPROVED in states
    return all(state not in UNDECIDED for state in states)


def _close(task: Task, state: str) -> Task:
    return replace(task, state=state) if task.state in UNDECIDED else task
