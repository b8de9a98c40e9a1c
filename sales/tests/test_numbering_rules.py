from datetime import date, timedelta

import pytest

from sales.rules import contracts, numbering

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("HT-{YYYY}-{0000}", "HT-2026-0102"),
        ("销字{YY}{MM}第{000}号", "销字2611第102号"),
        ("{DD}{00}", "22102"),
    ],
)
def test_a_pattern_becomes_a_number(pattern, number):
    assert numbering.write(pattern, DAY, 102) == number


@pytest.mark.parametrize(
    ("pattern", "restart", "flaw"),
    [
        ("HT-{YYYY}-{0000}", "year", ""),
        ("HT-{0000}", "never", ""),
        ("HT-{0000}", "year", "restart"),
        ("HT-{YYYY}-{0000}", "month", "restart"),
        ("HT-{MM}-{0000}", "month", "restart"),
        ("HT-{YYYY}", "year", "counter"),
        ("{00}{00}", "never", "counter"),
        ("HT-{TEAM}-{000}", "never", "unknown"),
        ("HT-{{000}", "never", "unknown"),
        ("H" * 58 + "{000}", "never", "long"),
    ],
)
def test_a_pattern_that_could_give_a_number_twice_is_refused(pattern, restart, flaw):
    assert numbering.flaw(pattern, restart) == flaw


def test_a_counter_restarts_with_its_period():
    assert [numbering.period(r, DAY) for r in ("never", "year", "month", "day")] == [
        "",
        "2026",
        "2026-11",
        "2026-11-22",
    ]


@pytest.mark.parametrize(
    ("left", "days"), [(91, None), (90, 90), (61, 90), (60, 60), (31, 60), (30, 30), (0, 30), (-1, None)]
)
def test_an_end_is_announced_90_60_and_30_days_before(left, days):
    end = DAY + timedelta(left)
    found = [at for at, first, last in contracts.reminder_windows(DAY) if first <= end <= last]
    assert found == ([days] if days else [])


def test_a_renewed_term_is_as_long_as_the_one_before():
    assert contracts.renewed_term(date(2025, 6, 1), date(2026, 5, 31)) == (
        date(2026, 6, 1),
        date(2027, 5, 31),
    )
    assert contracts.renewed_term(date(2026, 1, 31), date(2026, 2, 27)) == (
        date(2026, 2, 28),
        date(2026, 3, 27),
    )
    assert contracts.renewed_term(None, date(2026, 5, 31)) == (date(2026, 6, 1), date(2027, 5, 31))
    assert contracts.renewed_term(date(2026, 1, 1), date(2026, 1, 10)) == (
        date(2026, 1, 11),
        date(2026, 1, 20),
    )


def test_nothing_that_was_signed_becomes_a_draft_but_by_an_amendment():
    assert contracts.may_become("draft", "approved")
    assert not contracts.may_become("draft", "effective")
    assert not contracts.may_become("voided", "draft")
    assert not contracts.may_become("completed", "effective")
