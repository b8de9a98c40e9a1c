"""Reading what became of an import."""

from __future__ import annotations

from typing import Any

from crm.records.models import ImportJob, ImportRow


def errors_of(job: ImportJob, limit: int) -> list[dict[str, Any]]:
    """The first errors of an import: row, column, code and message; reasons why rows were left out included."""
    rows = ImportRow._base_manager.filter(job=job).exclude(errors=[]).order_by("number")
    found = []
    for number, errors in rows.values_list("number", "errors")[:limit]:
        found += [
            {"row": number, "column": e.get("column", ""), "code": e["code"], "message": e["message"]}
            for e in errors
        ]
    return found[:limit]


def kept_of(job: ImportJob, limit: int) -> list[dict[str, Any]]:
    """The first rows that were not undone, and why."""
    rows = ImportRow._base_manager.filter(job=job, undone=ImportRow.Undone.KEPT).order_by("number")
    return [
        {"row": number, "message": errors[-1]["message"] if errors else ""}
        for number, errors in rows.values_list("number", "errors")[:limit]
    ]
