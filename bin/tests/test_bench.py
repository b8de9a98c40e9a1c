"""The table of bin/bench."""

from _yuanke.bench import growth, table


def figure(what: str, value: float, **more: object) -> dict:
    base = {
        "part": "list",
        "what": what,
        "value": value,
        "unit": "ms",
        "yardstick": None,
        "measured_against": "",
    }
    return {**base, "bar": None, "most": True, "kept": None, **more}


def test_the_table_shows_each_figure_beside_its_yardstick() -> None:
    shown = table(
        [
            figure("database", 1.24, yardstick=0.5, measured_against="owner column", bar=3.5, kept=True),
            figure(
                "pace",
                120,
                unit="",
                yardstick=400,
                measured_against="plain way",
                bar=4000,
                most=False,
                kept=False,
            ),
            figure("peak memory", 88.0, unit="MB"),
        ]
    )
    lines = [line.split() for line in shown.splitlines()]
    assert lines[1] == [
        "list:",
        "database",
        "1.2",
        "ms",
        "0.5",
        "ms",
        "(owner",
        "column)",
        "≤",
        "3.5",
        "ms",
        "kept",
    ]
    assert lines[2] == ["list:", "pace", "120", "400", "(plain", "way)", "≥", "4,000", "MISSED"]
    assert lines[3] == ["list:", "peak", "memory", "88", "MB"]


def test_growth_compares_the_same_page_in_both_companies() -> None:
    small = [figure("plain: processor", 20.0, rows=50), figure("plain: database", 1.0)]
    large = [figure("plain: processor", 31.0, rows=50), figure("plain: database", 9.0)]
    (found,) = growth(small, large)
    assert found["part"] == "growth"
    assert (found["value"], found["yardstick"], found["bar"], found["kept"]) == (31.0, 20.0, 30.0, False)


def test_pages_of_unlike_length_are_shown_but_not_judged() -> None:
    (found,) = growth([figure("plain: processor", 10.0, rows=4)], [figure("plain: processor", 31.0, rows=50)])
    assert (found["bar"], found["kept"]) == (None, None)
    assert "4 rows instead of 50" in found["measured_against"]
