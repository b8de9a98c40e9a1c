"""Work that only one may do at a time, whichever process asks: named locks that end with the transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


def hold(work: str) -> None:
    """Wait until nobody else is at this work, and keep it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [work])


@contextmanager
def alone_at(work: str) -> Iterator[bool]:
    """One transaction of a piece of work that only one may do at a time; False while somebody else is at it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [work])
            mine = cursor.fetchone()[0]
        yield mine
