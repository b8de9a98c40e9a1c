from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from sales.rules.assignment import (
    ABSENT,
    FULL,
    Member,
    choose,
    least_loaded,
    most_specific,
    round_robin,
    weighted,
)

A, B, C, D = range(1, 5)


def take_turns(members, count, absent_after=()):
    """Assign leads one after the other by round robin; `absent_after` is (number of leads, who is then away)."""
    people = {member.key: member for member in members}
    last, given_to = None, []
    for number in range(count):
        if absent_after and number == absent_after[0]:
            people[absent_after[1]] = replace(people[absent_after[1]], hindrance=ABSENT)
        key = round_robin(list(people.values()), last).key
        given_to.append(key)
        if key is not None:
            last = key
            people[key] = replace(people[key], open=people[key].open + 1)
    return given_to


def test_the_worked_round_robin():
    caps = {A: 3, B: 3, C: 1, D: 3}
    members = [Member(key, cap=cap) for key, cap in caps.items()]
    assert take_turns(members, 10, absent_after=(5, B)) == [A, B, C, D, A, D, A, D, None, None]


def test_the_worked_weights():
    members, given_to = [Member(A, weight=3), Member(B, weight=2), Member(C, weight=1)], []
    for _lead in range(12):
        choice = weighted(members)
        given_to.append(choice.key)
        members = [replace(member, current=choice.currents[member.key]) for member in members]
    assert given_to == [A, B, A, C, B, A] * 2
    assert [given_to.count(key) for key in (A, B, C)] == [6, 4, 2]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_a_full_turn_of_weights_gives_everybody_their_share(weights):
    members = [Member(key, weight=weight) for key, weight in enumerate(weights)]
    given_to = []
    for _lead in range(sum(weights)):
        choice = weighted(members)
        given_to.append(choice.key)
        members = [replace(member, current=choice.currents[member.key]) for member in members]
    assert [given_to.count(key) for key in range(len(weights))] == weights
    assert all(member.current == 0 for member in members)


def test_the_emptiest_desk_takes_it_and_among_equals_who_waited_longest():
    early, late = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
    members = [Member(A, open=5, cap=10), Member(B, open=2, cap=5), Member(C, open=1, cap=1)]
    assert members[2].skipped == FULL
    assert least_loaded(members).key == B
    equal = [
        Member(A, open=1, cap=4, last_assigned_at=late),
        Member(B, open=1, cap=4, last_assigned_at=early),
    ]
    assert least_loaded(equal).key == B
    assert least_loaded([*equal, Member(C, open=1, cap=4)]).key == C


def test_the_narrowest_place_beats_a_wider_one_even_if_busier():
    members = [
        Member(A, open=0, cap=10, territories=frozenset({"44"})),
        Member(B, open=9, cap=10, territories=frozenset({"4403"})),
    ]
    assert most_specific(members, ["440305", "4403", "44"]).key == B
    away = [members[0], replace(members[1], hindrance=ABSENT)]
    assert most_specific(away, ["440305", "4403", "44"]).key == A
    assert most_specific(members, ["31"]).key is None


def test_every_skill_is_needed_at_its_level():
    members = [Member(A, skills={"english": 3}), Member(B, open=7, cap=9, skills={"english": 2, "cloud": 2})]
    for required, chosen in (
        ({"english": 2, "cloud": 1}, B),
        ({"english": 3}, A),
        ({"english": 2}, A),
        ({"english": 4}, None),
    ):
        assert choose("skill", members, required=required).key == chosen
    assert choose("round_robin", members, last=A, required={"english": 3}).key == A


def test_nobody_free_is_for_the_fallback():
    busy = [Member(A, hindrance=ABSENT), Member(B, open=1, cap=1)]
    assert [rule(busy).key for rule in (weighted, least_loaded)] == [None, None]
    assert round_robin(busy, A).key is None
    assert round_robin([], None).key is None


def test_who_left_the_group_does_not_stop_the_turn():
    assert round_robin([Member(A), Member(B)], last=D).key == A
