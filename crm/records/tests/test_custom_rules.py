"""How custom values are read, and when conditions hold: without a database."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.records.rules.custom_conditions import Condition, is_required, is_shown
from crm.records.rules.custom_values import LONGEST, BadValue, Spec, stored

MOMENTS = st.datetimes(*map(datetime.datetime.fromisoformat, ("1901-01-01", "2199-01-01")))
SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
LEVELS = Spec(
    "choice", {"gold": frozenset({"金牌", "gold"}), "iron": frozenset({"铁牌"})}, frozenset({"iron"})
)
SEVERAL = Spec("multi_choice", LEVELS.options)


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("number", "1,234.5", "1234.50"), ("number", 0.1, "0.10"), ("number", Decimal("-0.001"), "0.00"),
        ("number", "48万", "480000.00"), ("money", "2.675", "2.68"), ("money", -5, "-5.00"),
        ("date", datetime.datetime.fromisoformat("2026-06-11T09:00"), "2026-06-11"), ("time", "9:05", "09:05"),
        ("datetime", "2026-06-11 14:30", "2026-06-11T06:30:00Z"), ("datetime", "2026-06-11T14:30:00Z", "2026-06-11T14:30:00Z"),
        ("boolean", "是", True), ("boolean", "FALSE", False), ("link", "HTTP://A.cn/x?y=1", "HTTP://A.cn/x?y=1"),
        ("text", " 　a　 b ", "a b"), ("text", "  ", None), ("user", "12", 12), ("multi_choice", [], None),
    ],
)  # fmt: skip
def test_a_value_is_kept_in_one_form(kind, value, kept):
    assert stored(Spec(kind, zone=SHANGHAI), value) == kept


def test_options_are_known_by_key_and_by_every_name_and_keep_their_order():
    assert stored(LEVELS, "金牌") == stored(LEVELS, "GOLD") == "gold"
    assert stored(LEVELS, "iron") == "iron"  # its key still counts where it stands already
    with pytest.raises(BadValue):
        stored(LEVELS, "铁牌")  # but nobody can choose it by name any more
    assert stored(SEVERAL, "铁牌、金牌") == ["gold", "iron"]


@given(st.sampled_from(["text", "long_text"]), st.text(max_size=150))
def test_reading_a_kept_text_again_changes_nothing(kind, text):
    try:
        kept = stored(Spec(kind), text)
    except BadValue:
        return
    assert stored(Spec(kind), kept) == kept
    assert kept is None or 0 < len(kept) <= LONGEST[kind]


@given(st.decimals(min_value=-(10**15), max_value=10**15, allow_nan=False), st.integers(0, 6))
def test_reading_a_kept_number_again_changes_nothing(number, places):
    spec = Spec("number", decimals=places)
    kept = stored(spec, number)
    assert stored(spec, kept) == kept
    assert abs(Decimal(kept) - number) * 2 <= Decimal(1).scaleb(-places)


@given(MOMENTS, MOMENTS)
def test_kept_moments_and_days_sort_as_they_follow_each_other(first, second):
    for kind in ("datetime", "date"):
        spec = Spec(kind, zone=SHANGHAI)
        if first.replace(microsecond=0) <= second.replace(microsecond=0):
            assert stored(spec, first) <= stored(spec, second)


@pytest.mark.parametrize(
    ("operator", "values", "present", "holds"),
    [
        ("is", ["a", "b"], "b", True), ("is", ["a"], "b", False), ("is", ["a"], None, False),
        ("is_not", ["a"], "b", True), ("is_not", ["a"], None, True), ("is_not", ["a"], "a", False),
        ("is", ["a"], ["x", "a"], True), ("is", ["true"], True, True), ("is", ["7"], 7, True),
        ("filled", [], "x", True), ("filled", [], "", False), ("filled", [], False, True), ("empty", [], [], True),
    ],
)  # fmt: skip
def test_a_condition_looks_at_one_field(operator, values, present, holds):
    condition = Condition.of({"field": "x", "operator": operator, "values": values})
    assert condition.holds({"x": present}) is holds


def test_what_is_not_shown_is_never_required():
    shown = {"field": "x", "operator": "is", "values": ["a"]}
    assert is_required(True, shown, None, {"x": "a"})
    assert not is_required(True, shown, None, {"x": "b"})
    assert not is_required(False, None, {"field": "y", "operator": "filled"}, {})
    assert is_shown(None, {})
