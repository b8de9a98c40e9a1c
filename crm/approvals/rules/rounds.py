"""Approvals (审批): which flow a record takes, who its approvers are, and what follows from each decision.

A flow is a list of steps; every step asks its approvers one after the other (依次), any one of them (或签) or all of
them (会签). The tasks of a round are values here; the services keep them as rows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

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
class Band:
    """A flow's range of amounts: from `lower` on, below `upper`; without an upper end it is open."""

    flow: str
    lower: Decimal = Decimal(0)
    upper: Decimal | None = None

    def holds(self, amount: Decimal) -> bool:
        return self.lower <= amount and (self.upper is None or amount < self.upper)


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

    @property
    def open(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if task.state == OPEN)


def flow_for(bands: Iterable[Band], amount: Decimal) -> str | None:
    """The first flow, in order, whose band holds the amount."""
    return next((band.flow for band in bands if band.holds(amount)), None)


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


def resolve(
    approvers: Sequence[int],
    *,
    submitter: int,
    manager_of: Callable[[int], int | None],
    active: Callable[[int], bool],
    delegates: Mapping[int, int],
    executive: int | None,
) -> list[int]:
    """The people `seats` finds, without in whose place they sit."""
    found = seats(
        approvers,
        submitter=submitter,
        manager_of=manager_of,
        active=active,
        delegates=delegates,
        executive=executive,
    )
    return [seat.person for seat in found]


def begin(steps: Sequence[tuple[str, Sequence[int]]]) -> Round:
    """A new round: everybody's task waits, the first step's open."""
    tasks = tuple(
        Task(number, approver) for number, (_mode, people) in enumerate(steps) for approver in people
    )
    return settle([mode for mode, _people in steps], tasks)


def decide(modes: Sequence[str], tasks: Sequence[Task], approver: int, state: str) -> Round:
    """The round after somebody approved or rejected their open task; ValueError where none is open for them."""
    place = next((n for n, t in enumerate(tasks) if t.approver == approver and t.state == OPEN), None)
    if place is None:
        raise ValueError("no open task for this approver")
    changed = [replace(task, state=state) if n == place else task for n, task in enumerate(tasks)]
    return settle(modes, changed)


def send_back(modes: Sequence[str], tasks: Sequence[Task], to_step: int) -> Round:
    """退回: from the step now open back to an earlier one; what was decided from there on is asked again."""
    again = [replace(task, state=WAITING) if task.step >= to_step else task for task in tasks]
    return settle(modes, again)


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
