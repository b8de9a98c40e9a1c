"""What the migrations wrote into the tables, put back after every test whose transactions were real.

Django would empty all tables, which takes seconds, and leave the tests after it without roles, regions and calendars;
its own remedy saves thousands of rows one by one. Here only the tables that a test changed get their rows back, as they
were read, so that the order of tests does not matter.
"""

import io
from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

# Custom fields bring indexes and statistics of their own, which stay when their rows go.
OF_CUSTOM_FIELDS = """
SELECT format('DROP INDEX %I', indexname) FROM pg_indexes WHERE indexname ~ '^cf_'
UNION ALL SELECT format('DROP STATISTICS %I', stxname) FROM pg_statistic_ext WHERE stxname ~ '^cf_'
"""

_seeds: dict[str, str] = {}
_marks: dict[str, Any] = {}


def keep_seeds() -> None:
    """Remember what stands in every table, and put it back after each test that commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        for (table,) in cursor.fetchall():
            rows = io.StringIO()
            cursor.copy_expert(f'COPY "{table}" TO STDOUT', rows)
            _seeds[table] = rows.getvalue()
        _marks.update(_marked(cursor))
    TransactionTestCase._fixture_teardown = _put_back  # type: ignore[method-assign]


def _put_back(_case: TransactionTestCase) -> None:
    """The tables as after the migrations; foreign keys are looked at when all is there again."""
    with transaction.atomic(), connection.cursor() as cursor:
        changed = [table for table, mark in _marked(cursor).items() if mark != _marks[table]]
        for table in changed:
            cursor.execute(f'DELETE FROM "{table}"')
        for table in changed:
            cursor.copy_expert(f'COPY "{table}" FROM STDIN', io.StringIO(_seeds[table]))
        cursor.execute(OF_CUSTOM_FIELDS)
        for (drop,) in cursor.fetchall():
            cursor.execute(drop)


def _marked(cursor: Any) -> dict[str, Any]:
    """How many rows each table has, and what they add up to."""
    marks = "SELECT '{0}', count(*), sum(hashtextextended(t::text, 0)) FROM \"{0}\" t"
    cursor.execute(" UNION ALL ".join(marks.format(table) for table in _seeds))
    return {table: mark for table, *mark in cursor.fetchall()}
