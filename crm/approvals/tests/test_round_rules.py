from dataclasses import replace
from decimal import Decimal

import pytest

from crm.approvals.rules import conditions
from crm.approvals.rules import rounds as rules
from crm.approvals.rules.rounds import ALL, ANY, APPROVED, PENDING, REJECTED, SEQUENTIAL, Task, settle

MANAGER, DIRECTOR, FINANCE, LEGAL, GM1, GM2, SALES, EXEC = range(1, 9)
LARGE = [(ANY, [MANAGER]), (ALL, [FINANCE, LEGAL]), (ANY, [GM1, GM2])]
MODES = [mode for mode, _people in LARGE]
BANDS = [(None, 100_000), (100_000, 500_000), (500_000, None)]


def begin(steps):
    tasks = [Task(number, person) for number, (_mode, people) in enumerate(steps) for person in people]
    return settle([mode for mode, _people in steps], tasks)


def asked_now(round_):
    return [task.approver for task in round_.tasks if task.state == rules.OPEN]


def decide(round_, state, *people, modes=MODES):
    for person in people:
        assert person in asked_now(round_)
        tasks = [replace(t, state=state) if t.approver == person else t for t in round_.tasks]
        round_ = settle(modes, tasks)
    return round_


@pytest.mark.parametrize(
    ("amount", "band"), [("99999.99", 0), ("100000", 1), ("499999.99", 1), ("500000", 2)]
)
def test_bands_contain_their_lower_end(amount, band):
    assert [conditions.in_band(Decimal(amount), *one) for one in BANDS].index(True) == band


def test_the_worked_rejection():
    round_ = decide(begin(LARGE), APPROVED, MANAGER, FINANCE)
    round_ = decide(round_, REJECTED, LEGAL)
    assert round_.outcome == REJECTED
    assert asked_now(round_) == []
    assert {task.state for task in round_.tasks if task.step == 2} == {rules.CANCELLED}


def test_the_worked_second_round():
    round_ = decide(begin(LARGE), APPROVED, MANAGER, LEGAL)
    assert round_.outcome == PENDING
    round_ = decide(round_, APPROVED, FINANCE)
    assert asked_now(round_) == [GM1, GM2]
    round_ = decide(round_, APPROVED, GM2)
    assert round_.outcome == APPROVED
    assert next(task.state for task in round_.tasks if task.approver == GM1) == rules.SKIPPED


def test_one_after_the_other():
    round_ = begin([(SEQUENTIAL, [FINANCE, LEGAL])])
    assert asked_now(round_) == [FINANCE]
    round_ = decide(round_, APPROVED, FINANCE, modes=[SEQUENTIAL])
    assert asked_now(round_) == [LEGAL]
    assert decide(round_, APPROVED, LEGAL, modes=[SEQUENTIAL]).outcome == APPROVED


def test_sent_back_everybody_from_there_on_is_asked_again():
    round_ = decide(begin(LARGE), APPROVED, MANAGER, FINANCE, LEGAL)
    again = [replace(task, state=rules.WAITING) if task.step >= 1 else task for task in round_.tasks]
    round_ = settle(MODES, again)
    assert asked_now(round_) == [FINANCE, LEGAL]
    assert next(task.state for task in round_.tasks if task.approver == MANAGER) == APPROVED


MANAGERS = {SALES: MANAGER, MANAGER: DIRECTOR, DIRECTOR: EXEC}


def asked(approvers, *, submitter=SALES, away=(), delegates=None):
    seats = rules.seats(
        approvers,
        submitter=submitter,
        manager_of=MANAGERS.get,
        active=lambda person: person not in away,
        delegates=delegates or {},
        executive=EXEC,
    )
    return [seat.person for seat in seats]


def test_nobody_approves_their_own():
    assert asked([MANAGER], submitter=MANAGER) == [DIRECTOR]


def test_who_has_left_is_replaced_by_their_manager():
    assert asked([MANAGER], away=[MANAGER]) == [DIRECTOR]
    assert asked([MANAGER], away=[MANAGER, DIRECTOR]) == [EXEC]


def test_a_delegate_stands_in_without_chains():
    delegates = {MANAGER: FINANCE, FINANCE: LEGAL, LEGAL: MANAGER}
    assert asked([MANAGER], delegates=delegates) == [FINANCE]
    assert asked([MANAGER], delegates=delegates, away=[FINANCE]) == [MANAGER]
    assert asked([MANAGER], delegates={MANAGER: SALES}) == [MANAGER]


def test_an_empty_step_goes_to_the_executive():
    assert asked([]) == [EXEC]
    assert asked([LEGAL], away=[LEGAL]) == [EXEC]


def test_nobody_is_asked_twice_in_one_step():
    assert asked([MANAGER, DIRECTOR], away=[MANAGER]) == [DIRECTOR]


def test_managers_in_a_circle_end_at_the_executive():
    circle = {MANAGER: DIRECTOR, DIRECTOR: MANAGER}
    seats = rules.seats(
        [MANAGER],
        submitter=SALES,
        manager_of=circle.get,
        active=lambda person: person == EXEC,
        delegates={},
        executive=EXEC,
    )
    assert [seat.person for seat in seats] == [EXEC]
