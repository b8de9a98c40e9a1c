from decimal import Decimal

from sales.rules import forecast as rules
from sales.rules.forecast import Deal

D = Decimal
DEALS = [
    Deal(D(100_000), 10, "pipeline"),
    Deal(D(200_000), 30, "pipeline"),
    Deal(D(150_000), 50, "best_case"),
    Deal(D(80_000), 80, "commit"),
    Deal(D(120_000), 100, "closed"),
    Deal(D(60_000), 0, "omitted"),
]


def test_the_worked_example():
    sums = rules.forecast(DEALS)
    assert (sums.weighted_open, sums.weighted) == (D(209_000), D(329_000))
    assert (sums.commit, sums.best) == (D(200_000), D(350_000))
    assert rules.attainment(sums.closed, D(300_000)) == D("0.4")
    assert round(rules.coverage(sums.open, sums.closed, D(300_000)), 2) == D("2.94")


def test_how_good_forecasts_were():
    forecasts, actuals = [D(100), D(200), D(150)], [D(120), D(180), D(150)]
    assert round(rules.wape(forecasts, actuals) * 100, 2) == D("8.89")
    assert round(rules.mape(forecasts, actuals) * 100, 2) == D("9.26")
    assert rules.bias(forecasts, actuals) == 0
    assert rules.brier([D("0.1"), D("0.3"), D("0.5"), D("0.8")], [0, 0, 1, 1]) == D("0.0975")


def test_velocity():
    assert rules.velocity(40, D(50_000), D("0.25"), D(60)) == D("8333.33")
    assert rules.velocity(40, D(50_000), D("0.25"), D(0)) is None


def test_nothing_to_divide_by_is_said_and_not_invented():
    assert rules.attainment(D(1), D(0)) is None
    assert rules.coverage(D(100), D(300), D(300)) is None
    assert rules.win_rate(0, 0) is None
    assert rules.wape([D(1)], [D(0)]) is None
    assert rules.mape([D(1)], [D(0)]) is None
    assert rules.bias([], []) is None
    assert rules.brier([], []) is None


def test_win_rate():
    assert rules.win_rate(1, 3) == D("0.25")
