"""What all tables add up to, leaving aside what no two runs have alike: moments, random names, signatures, the numbers of new rows."""

import hashlib
import re
from typing import Any

from django.db import connection

FIRST_NEW = 1_000_000
"""From here on rows are numbered that come into being after the numbers were raised."""
LEFT_ASIDE = ("cache", "django_migrations", "records_taskrun")
"""What a cache keeps and when tasks ran says nothing about the company."""

SHIFTING = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+\d\d:?\d\d|Z)?"), "moment"),
    (re.compile(r"(?<!\d)\d\d:\d\d(?!\d)"), "time"),
    (re.compile(r"刚刚|\d+ ?分钟前|\d+ ?小时前"), "ago"),  # what came about a minute ago, in a mail
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "uuid"),
    (
        re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22,}(?![A-Za-z0-9_-])"),
        "random",
    ),  # names of files, signatures, digests
    (re.compile(r":\w{6}:random"), ":signed"),
    (re.compile(r"/[0-9a-f]{2}/random"), "/random"),
    (re.compile(r"\bX[0-9A-F]{8}\b|\bx[0-9a-f]{8}\b"), "number of an export"),
    (re.compile(r'"(seconds|duration)": ?[\d.]+'), r'"\1": some'),
    # On a slow machine a second dispatcher begins before the first is done, and finds nothing left to do.
    (re.compile(r'"attempts": ?\d+'), '"attempts": some'),
    (re.compile(r"\b1\d{6}\b"), "new"),
)


_known: dict[tuple[Any, ...], str] = {}
"""What was reckoned of the very same rows before: most tables hold after a task what they held before it."""


def raise_numbers(cursor: Any) -> None:
    """From now on new rows are told by their numbers; needs the owner of the tables."""
    cursor.execute(
        "SELECT s.relname FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace "
        "WHERE s.relkind = 'S' AND n.nspname = 'public'"
    )
    for (sequence,) in cursor.fetchall():
        cursor.execute(f'ALTER SEQUENCE "{sequence}" RESTART WITH {FIRST_NEW}')


def digest() -> dict[str, str]:
    """Rows and checksum of each table: equal contents have equal sums, whatever the order of the rows."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [table for (table,) in cursor.fetchall() if table not in LEFT_ASIDE]
        mark = "count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)"
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', {mark} FROM \"{table}\" t" for table in tables))
        for same in cursor.fetchall():
            table = same[0]
            if same not in _known:
                cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
                rows = sorted(_still(row) for (row,) in cursor.fetchall())
                sums = hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]
                _known[same] = f"{len(rows)} rows, {sums}"
            found[table] = _known[same]
    return found


def different(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """The tables that differ, with what they hold in both."""
    return [
        f"{table}: {one.get(table)} / {other.get(table)}"
        for table in sorted(one | other)
        if one.get(table) != other.get(table)
    ]


def _still(row: str) -> str:
    for pattern, word in SHIFTING:
        row = pattern.sub(word, row)
    return row
