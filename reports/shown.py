"""A report as it is shown: cells with what they say, exactly what that is, and where they lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reports.asked import Asked
from reports.declare import MONEY, Column, Row, Table


@dataclass(frozen=True)
class Cell:
    """One value, ready to be shown."""

    column: Column
    text: str
    title: str = ""
    url: str = ""


def lines_of(table: Table, columns: Sequence[Column]) -> list[list[Cell]]:
    """The lines of a table."""
    return [[cell_of(table, column, row) for column in columns] for row in table.rows]


def totals_of(table: Table, columns: Sequence[Column]) -> list[Cell]:
    """The last line."""
    return [cell_of(table, column, Row(table.totals, drill=table.drill)) for column in columns]


def cell_of(table: Table, column: Column, row: Row) -> Cell:
    """A value in words, the exact amount as its title, and the list it counts."""
    value: Any = row.values.get(column.key)
    exact = table.written(column, value, exact=True) if column.kind == MONEY else ""
    text = table.written(column, value)
    return Cell(column, text, exact if exact != text else "", row.drill.get(column.key, "") if value else "")


def page_context(asked: Asked, table: Table) -> dict[str, Any]:
    """A report as its page, its print and its PDF show it."""
    report = asked.report
    columns = [column for column in table.columns if column.shown]
    return {
        "report": report,
        "form": asked.form,
        "table": table,
        "columns": columns,
        "lines": lines_of(table, columns),
        "totals": totals_of(table, columns),
        "chart": report.chart(table) if report.chart and table.rows else None,
        "as_of": asked.now,
    }
