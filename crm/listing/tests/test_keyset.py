"""Cursors: opaque, signed, of one order."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from crm.listing.keyset import SALT, BadCursor, Cursor, Order

ORDER = Order("updated_at", descending=True)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.dates().map(lambda d: d),
    st.datetimes(timezones=st.just(UTC)),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12),
)


@given(values, st.integers(1, 2**60), st.booleans(), st.integers(1, 10**6))
def test_a_cursor_comes_back_as_it_was(value, pk, backwards, start):
    cursor = Cursor(str(ORDER), value, pk, backwards, start)
    assert Cursor.decode(cursor.encode(), ORDER) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a:b:c",
        Cursor("name", 1, 1).encode(),
        signing.dumps([1, 2], salt=SALT),
        signing.dumps("x", salt="other"),
    ],
    ids=[
        "empty",
        "text",
        "three parts",
        "another order",
        "another shape",
        "another salt",
    ],  # texts carry the time
)
def test_what_is_no_cursor_of_this_order(text):
    with pytest.raises(BadCursor):
        Cursor.decode(text, ORDER)


def test_a_changed_cursor_is_refused():
    text = Cursor(str(ORDER), datetime(2026, 1, 1, tzinfo=UTC), 7).encode()
    for position in range(0, len(text), 7):
        changed = text[:position] + ("A" if text[position] != "A" else "B") + text[position + 1 :]
        with pytest.raises(BadCursor):
            Cursor.decode(changed, ORDER)


def test_types_survive():
    for value in (date(2026, 1, 1), Decimal("1.50"), "2026-01-01", None, True):
        found = Cursor.decode(Cursor(str(ORDER), value, 1).encode(), ORDER).value
        assert found == value and type(found) is type(value)
