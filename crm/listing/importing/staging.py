"""Rows between file and record: kept in PostgreSQL, written and read in sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from crm.core.sets import insert_rows, unpacked
from crm.records.models import ImportJob, ImportRow

from .resource import StagedRow

TABLE = ImportRow._meta.db_table
OUTCOMES = tuple(ImportRow.Outcome.values)


def stage(job: ImportJob, rows: Sequence[StagedRow]) -> None:
    """Keep checked rows with what is expected of them; a row that is there already stays as it is."""
    insert_rows(
        ImportRow,
        [
            {
                "job_id": job.pk,
                "number": row.number,
                "cells": row.cells,
                "cleaned": row.cleaned,
                "errors": row.errors,
                "key": row.key,
                "leader": row.leader,
                "suspects": row.suspects,
                "expected": row.outcome,
                "target_id": row.target_id,
            }
            for row in rows
        ],
    )


def first_rows_of(job: ImportJob, keys: Iterable[str]) -> dict[str, int]:
    """For keys that occur in rows staged before, the number of the first such row."""
    wanted = list(keys)
    if not wanted:
        return {}
    found: dict[str, int] = {}
    rows = (
        ImportRow._base_manager.filter(job=job, key__any_of=wanted)
        .order_by("number")
        .values_list("key", "number")
    )
    for key, number in rows:
        found.setdefault(key, number)
    return found


def cleaned_of(job: ImportJob, numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What these rows were read as."""
    wanted = list(numbers)
    if not wanted:
        return {}
    rows = ImportRow._base_manager.filter(job=job, number__in=wanted)
    return dict(rows.values_list("number", "cleaned"))


def row_above(job: ImportJob, number: int, names: Iterable[str]) -> tuple[int, bool, dict[str, Any]]:
    """The row right above a row: its number (0 for none), whether it failed, and some of its values."""
    rows = ImportRow._base_manager.filter(job=job, number=number - 1)
    for outcome, cleaned in rows.values_list("expected", "cleaned"):
        return number - 1, outcome == ImportRow.Outcome.FAILED, {name: cleaned.get(name) for name in names}
    return 0, False, {}


def outcomes_of(
    job: ImportJob, numbers: Iterable[int | None], column: str
) -> dict[int, tuple[str, int | None, bool]]:
    """Outcome (or what is expected) and record of rows by their number, and whether they only fill what is empty."""
    wanted = list(numbers)
    if not wanted:
        return {}
    rows = ImportRow._base_manager.filter(job=job, number__in=wanted)
    found = rows.values_list("number", column, "target_id", "before")
    return {number: (outcome, pk, bool(before.get("fills"))) for number, outcome, pk, before in found}


def waiting(job: ImportJob, limit: int) -> list[StagedRow]:
    """The next rows without an outcome in file order: those that add to the record of another row come last."""
    rows = ImportRow._base_manager.filter(job=job, outcome="").order_by("number")
    return _staged(rows.filter(leader=None), "expected", limit) or _staged(
        rows.filter(leader__isnull=False), "expected", limit
    )


def written_with(job: ImportJob, field: str, after: int, limit: int) -> list[StagedRow]:
    """Written rows that have a value in a field, behind row `after`."""
    rows = ImportRow._base_manager.filter(
        job=job, number__gt=after, cleaned__has_key=field, outcome__in=("created", "updated", "unchanged")
    ).order_by("number")
    return _staged(rows, "outcome", limit)


def _staged(rows: QuerySet[ImportRow], outcome: str, limit: int | None) -> list[StagedRow]:
    """Rows as they are written: what was read of them, without the cells of the file."""
    found = rows.values_list(
        "pk", "number", "cleaned", "errors", "key", outcome, "target_id", "before", "leader"
    )
    return [
        StagedRow(pk, number, [], cleaned, errors, key, state, target, before=before, leader=leader)
        for pk, number, cleaned, errors, key, state, target, before, leader in found[:limit]
    ]


def undoable(job: ImportJob, limit: int) -> list[StagedRow]:
    """The last written rows that were not undone yet; what added to a new record goes with that record's row."""
    rows = ImportRow._base_manager.filter(
        job=job, outcome__in=("created", "updated"), undone="", target_id__isnull=False
    ).exclude(outcome="created", leader__isnull=False)
    return _staged(rows.order_by("-number"), "outcome", limit)


def settle_undone(rows: Sequence[StagedRow]) -> None:
    """Write which rows were undone, and why the others were kept."""
    _settle(
        {
            "id": ("bigint", [row.id for row in rows]),
            "undone": ("text", [row.undone for row in rows]),
            "errors": ("jsonb", [row.errors for row in rows]),
        }
    )


def settle_led(job: ImportJob, rows: Sequence[StagedRow]) -> tuple[int, int]:
    """Give the rows that added to new records the fate of those; returns how many were undone and kept."""
    made = {row.number: row for row in rows if row.outcome == ImportRow.Outcome.CREATED}
    led = ImportRow._base_manager.filter(
        job=job, leader__in=list(made), outcome=ImportRow.Outcome.CREATED, undone=""
    )
    found = _staged(led, "outcome", None)
    for row in found:
        first = made[row.leader or 0]
        row.undone = first.undone
        if first.undone == ImportRow.Undone.KEPT:
            row.errors = [*row.errors, first.errors[-1]]
    if found:
        settle_undone(found)
    kept = sum(1 for row in found if row.undone == ImportRow.Undone.KEPT)
    return len(found) - kept, kept


def settle(rows: Sequence[StagedRow]) -> None:
    """Write what became of each row."""
    with_errors = [row for row in rows if row.errors]
    with_past = [row for row in rows if row.before]
    _settle(
        {
            "id": ("bigint", [row.id for row in rows]),
            "outcome": ("text", [row.outcome for row in rows]),
            "target_id": ("bigint", [row.target_id for row in rows]),
        }
    )
    if with_errors:
        _settle(
            {
                "id": ("bigint", [row.id for row in with_errors]),
                "errors": ("jsonb", [row.errors for row in with_errors]),
            }
        )
    if with_past:
        _settle(
            {
                "id": ("bigint", [row.id for row in with_past]),
                "before": ("jsonb", [row.before for row in with_past]),
            }
        )


def _settle(given: dict[str, tuple[str, list[Any]]]) -> None:
    source, _columns, values = unpacked(given)
    changes = ", ".join(f"{name} = given.{name}" for name in given if name != "id")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} AS row SET {changes} FROM {source} WHERE row.id = given.id", values)  # noqa: S608


def settle_checked(rows: Sequence[StagedRow]) -> None:
    """Write what a second check found of rows that are staged already."""
    if rows:
        _settle(
            {
                "id": ("bigint", [row.id for row in rows]),
                "cells": ("jsonb", [row.cells for row in rows]),
                "cleaned": ("jsonb", [row.cleaned for row in rows]),
                "errors": ("jsonb", [row.errors for row in rows]),
                "key": ("text", [row.key for row in rows]),
                "leader": ("integer", [row.leader for row in rows]),
                "suspects": ("jsonb", [row.suspects for row in rows]),
                "expected": ("text", [row.outcome for row in rows]),
                "target_id": ("bigint", [row.target_id for row in rows]),
            }
        )


def settle_refused(job: ImportJob) -> int:
    """Rows that failed their check or are left out on purpose keep that outcome; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} SET outcome = expected WHERE job_id = %s AND outcome = '' AND expected IN ('failed', 'skipped')",  # noqa: S608
            [job.pk],
        )
        return cursor.rowcount


def settle_rest(job: ImportJob, outcome: str, code: str, message: str) -> int:
    """Give every row that is still waiting the same outcome and reason; returns how many."""
    error = [{"column": "", "field": "", "code": code, "message": message}]
    return ImportRow._base_manager.filter(job=job, outcome="").update(outcome=outcome, errors=error)


def count(job: ImportJob, column: str) -> dict[str, int]:
    """Rows by outcome (`column` outcome) or by what is expected of them; the parts sum to the total."""
    rows = ImportRow._base_manager.filter(job=job).values_list(column).annotate(n=Count("id"))
    found = Counter({name or "skipped": n for name, n in rows})
    counts = {name: found.get(name, 0) for name in OUTCOMES}
    counts["skipped"] += max(0, job.total - sum(counts.values()))
    return {"total": sum(counts.values()), **counts}


GOING_IN = ("created", "updated", "unchanged")


def doubtful(job: ImportJob) -> QuerySet[ImportRow]:
    """The rows that may be records one has already, in file order."""
    return ImportRow._base_manager.filter(job=job).exclude(suspects=[]).order_by("number")


def records_in(job: ImportJob, column: str) -> int:
    """How many records the rows that go in (or went in) are about: several rows may share one."""
    return ImportRow._base_manager.filter(job=job, leader=None, **{f"{column}__in": GOING_IN}).count()


def filled_in(job: ImportJob, column: str, names: Iterable[str]) -> int:
    """How many of these fields the rows that go in have a value for."""
    rows = ImportRow._base_manager.filter(job=job, **{f"{column}__in": GOING_IN})
    counted = rows.aggregate(**{name: Count("id", filter=Q(cleaned__has_key=name)) for name in names})
    return sum(counted.values())


def add_counts(job: ImportJob, rows: Sequence[StagedRow]) -> None:
    """Add a chunk to the job's running counts."""
    counts = Counter({name: int(job.counts.get(name, 0)) for name in OUTCOMES})
    counts.update(row.outcome for row in rows)
    job.counts = {"total": job.total, **{name: counts[name] for name in OUTCOMES}}
