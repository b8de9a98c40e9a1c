"""Rows between file and record: kept in PostgreSQL, written and read in sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import Count

from crm.core.sets import to_json
from crm.records.models import ImportJob, ImportRow

from .resource import StagedRow

TABLE = ImportRow._meta.db_table
OUTCOMES = tuple(ImportRow.Outcome.values)


def stage(job: ImportJob, rows: Sequence[StagedRow]) -> None:
    """Keep checked rows with what is expected of them; a row that is there already stays as it is."""
    records = [
        {
            "number": row.number,
            "cells": row.cells,
            "cleaned": row.cleaned,
            "errors": row.errors,
            "key": row.key,
            "expected": row.outcome,
            "target_id": row.target_id,
        }
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {TABLE} (job_id, number, cells, cleaned, errors, key, expected, outcome, target_id)
            SELECT %s, number, cells, cleaned, errors, key, expected, '', target_id
            FROM jsonb_to_recordset(%s::jsonb) AS given(number int, cells jsonb, cleaned jsonb, errors jsonb,
                                                        key text, expected text, target_id bigint)
            ON CONFLICT (job_id, number) DO NOTHING
            """,  # noqa: S608 - the only name inserted is our own table
            [job.pk, to_json(records)],
        )


def first_rows_of(job: ImportJob, keys: Iterable[str]) -> dict[str, int]:
    """For keys that occur in rows staged before, the number of the first such row."""
    wanted = list(keys)
    if not wanted:
        return {}
    found: dict[str, int] = {}
    rows = (
        ImportRow._base_manager.filter(job=job, key__in=wanted)
        .order_by("number")
        .values_list("key", "number")
    )
    for key, number in rows:
        found.setdefault(key, number)
    return found


def waiting(job: ImportJob, limit: int) -> list[StagedRow]:
    """The next rows without an outcome, in file order."""
    rows = ImportRow._base_manager.filter(job=job, outcome="").order_by("number")[:limit]
    return [
        StagedRow(r.pk, r.number, r.cells, r.cleaned, r.errors, r.key, r.expected, r.target_id) for r in rows
    ]


def written_with(job: ImportJob, field: str, after: int, limit: int) -> list[StagedRow]:
    """Written rows that have a value in a field, behind row `after`."""
    rows = ImportRow._base_manager.filter(
        job=job, number__gt=after, cleaned__has_key=field, outcome__in=("created", "updated", "unchanged")
    ).order_by("number")[:limit]
    return [
        StagedRow(r.pk, r.number, r.cells, r.cleaned, r.errors, r.key, r.outcome, r.target_id) for r in rows
    ]


def settle(rows: Sequence[StagedRow]) -> None:
    """Write what became of each row."""
    records = [
        {"id": row.id, "outcome": row.outcome, "target_id": row.target_id, "errors": row.errors}
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {TABLE} AS row SET outcome = given.outcome, target_id = given.target_id, errors = given.errors
            FROM jsonb_to_recordset(%s::jsonb) AS given(id bigint, outcome text, target_id bigint, errors jsonb)
            WHERE row.id = given.id
            """,  # noqa: S608 - the only name inserted is our own table
            [to_json(records)],
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


def add_counts(job: ImportJob, rows: Sequence[StagedRow]) -> None:
    """Add a chunk to the job's running counts."""
    counts = Counter({name: int(job.counts.get(name, 0)) for name in OUTCOMES})
    counts.update(row.outcome for row in rows)
    job.counts = {"total": job.total, **{name: counts[name] for name in OUTCOMES}}
