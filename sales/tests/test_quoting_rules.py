from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.rules.quoting import Line, approvers, line, totals

D = Decimal


def test_the_worked_example():
    lines = [
        line(2, D(11300), rate=D("0.13"), discount=D("0.10")),
        line(1, D(1090), rate=D("0.09")),
        line(10, D(1060), rate=D("0.06"), discount=D("0.15")),
    ]
    assert [(row.gross, row.net, row.tax) for row in lines] == [
        (D(20340), D(18000), D(2340)),
        (D(1090), D(1000), D(90)),
        (D(9010), D(8500), D(510)),
    ]
    sums = totals(lines)
    assert (sums.gross, sums.net, sums.tax, sums.listed) == (D(30440), D(27500), D(2940), D(34290))
    assert round(sums.discount * 100, 2) == D("11.23")
    assert approvers(sums.discount) == ("manager",)


def test_cents():
    assert line(1, D("99.99"), rate=D("0.13")) == Line(D("99.99"), D("99.99"), D("88.49"), D("11.50"))
    row = line(1, D(10300), rate=D("0.03"))
    assert (row.net, row.tax) == (D(10000), D(300))


def test_prices_without_tax():
    row = line(3, D(100), rate=D("0.13"), discount=D("0.5"), tax_included=False)
    assert (row.net, row.tax, row.gross, row.listed) == (D(150), D("19.50"), D("169.50"), D(339))


@pytest.mark.parametrize(
    ("discount", "people"),
    [
        ("0.05", ("salesperson",)),
        ("0.0501", ("manager",)),
        ("0.15", ("manager",)),
        ("0.25", ("director",)),
        ("0.2501", ("director", "finance")),
    ],
)
def test_who_must_agree(discount, people):
    assert approvers(D(discount)) == people


def test_a_quote_of_nothing_has_no_discount():
    assert totals([]).discount == 0


amounts = st.decimals(0, 10**9, places=2)


@given(st.lists(st.tuples(st.integers(1, 99), amounts, st.sampled_from(["0", "0.03", "0.06", "0.13"]))))
def test_net_and_tax_always_make_the_gross(rows):
    for included in (True, False):
        lines = [line(n, price, rate=D(rate), tax_included=included) for n, price, rate in rows]
        sums = totals(lines)
        assert sums.net + sums.tax == sums.gross
        assert sums.discount == 0
