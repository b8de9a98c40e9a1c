from decimal import Decimal

import pytest

from crm.approvals.rules import rounds as rules
from crm.approvals.rules.rounds import ALL, ANY, APPROVED, PENDING, REJECTED, SEQUENTIAL, Band, begin, decide

D = Decimal
MANAGER, DIRECTOR, FINANCE, LEGAL, GM1, GM2, SALES, EXEC = range(1, 9)
STEPS = {
    "small": [(ANY, [MANAGER])],
    "middle": [(ANY, [MANAGER]), (ANY, [DIRECTOR])],
    "large": [(ANY, [MANAGER]), (ALL, [FINANCE, LEGAL]), (ANY, [GM1, GM2])],
}
BANDS = [
    Band("small", upper=D(100_000)),
    Band("middle", D(100_000), D(500_000)),
    Band("large", D(500_000)),
]
MODES = [mode for mode, _people in STEPS["large"]]


def approve(round_, *people, modes=MODES):
    for person in people:
        round_ = decide(modes, round_.tasks, person, APPROVED)
    return round_


@pytest.mark.parametrize(
    ("amount", "steps"), [("99999.99", 1), ("100000", 2), ("499999.99", 2), ("500000", 3)]
)
def test_bands_contain_their_lower_end(amount, steps):
    assert len(STEPS[rules.flow_for(BANDS, D(amount))]) == steps


def test_the_worked_rejection():
    round_ = approve(begin(STEPS["large"]), MANAGER, FINANCE)
    round_ = decide(MODES, round_.tasks, LEGAL, REJECTED)
    assert round_.outcome == REJECTED
    assert round_.open == ()
    assert {task.state for task in round_.tasks if task.step == 2} == {rules.CANCELLED}


def test_the_worked_second_round():
    round_ = approve(begin(STEPS["large"]), MANAGER, LEGAL)
    assert round_.outcome == PENDING
    round_ = approve(round_, FINANCE)
    assert {task.approver for task in round_.open} == {GM1, GM2}
    round_ = approve(round_, GM2)
    assert round_.outcome == APPROVED
    assert next(task.state for task in round_.tasks if task.approver == GM1) == rules.SKIPPED


def test_only_an_open_task_can_be_decided():
    round_ = begin(STEPS["large"])
    with pytest.raises(ValueError, match="no open task"):
        decide(MODES, round_.tasks, GM1, APPROVED)
    done = approve(round_, MANAGER)
    with pytest.raises(ValueError, match="no open task"):
        decide(MODES, done.tasks, MANAGER, APPROVED)


def test_one_after_the_other():
    steps = [(SEQUENTIAL, [FINANCE, LEGAL])]
    round_ = begin(steps)
    assert [task.approver for task in round_.open] == [FINANCE]
    round_ = approve(round_, FINANCE, modes=[SEQUENTIAL])
    assert [task.approver for task in round_.open] == [LEGAL]
    assert approve(round_, LEGAL, modes=[SEQUENTIAL]).outcome == APPROVED


def test_sent_back_everybody_from_there_on_is_asked_again():
    round_ = approve(begin(STEPS["large"]), MANAGER, FINANCE, LEGAL)
    round_ = rules.send_back(MODES, round_.tasks, 1)
    assert {task.approver for task in round_.open} == {FINANCE, LEGAL}
    assert next(task.state for task in round_.tasks if task.approver == MANAGER) == APPROVED


MANAGERS = {SALES: MANAGER, MANAGER: DIRECTOR, DIRECTOR: EXEC}


def asked(approvers, *, submitter=SALES, away=(), delegates=None):
    return rules.resolve(
        approvers,
        submitter=submitter,
        manager_of=MANAGERS.get,
        active=lambda person: person not in away,
        delegates=delegates or {},
        executive=EXEC,
    )


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
    people = rules.resolve(
        [MANAGER],
        submitter=SALES,
        manager_of=circle.get,
        active=lambda person: person == EXEC,
        delegates={},
        executive=EXEC,
    )
    assert people == [EXEC]
