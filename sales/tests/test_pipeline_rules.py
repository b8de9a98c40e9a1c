from datetime import UTC, date, datetime, timedelta

import pytest

from sales.rules import pipeline as rules

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_idle_counts_from_the_last_thing_that_happened():
    assert rules.idle_days(NOW, NOW - timedelta(days=20), NOW - timedelta(days=11, hours=1), None) == 11
    assert rules.idle_days(NOW) == 0
    assert rules.idle_days(NOW, NOW + timedelta(days=3)) == 0


def test_rotting_begins_after_the_limit():
    assert [rules.is_rotting(days, 10) for days in (10, 11)] == [False, True]
    assert not rules.is_rotting(500, None)


@pytest.mark.parametrize(
    ("before", "after", "kind"), [(1, 2, "forward"), (1, 3, "skip"), (3, 2, "back"), (2, 2, "same")]
)
def test_moves(before, after, kind):
    assert rules.move_kind([1, 2, 3], before, after) == kind


def test_only_putting_off_is_a_push():
    days = [date(2026, 3, 1), date(2026, 3, 15), date(2026, 3, 10), date(2026, 4, 1)]
    assert rules.pushes(days) == 2
