"""The whole base looked through for customers that are there twice, into a queue of suspected pairs.

Candidates come from grouping by each key, one statement for all customers; what a pair is worth is decided by the
very rules that hold while somebody types (`accounts.rules.matching`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.events import DUPLICATE_DISMISSED, DUPLICATE_SUSPECTED
from accounts.models import Contact, Customer, DuplicatePair
from accounts.models.marks import marks_sql
from accounts.rules import matching
from accounts.rules.matching import Keys, Verdict, is_similar, stored_keys
from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.recording import record_event

CHUNK = 5000
EVERY_PAIR = 20  # of more customers with one key each is paired with the oldest alone
MOST_ALIKE = 20  # a piece of a name that more customers of a region share distinguishes nobody
MOST_PAIRS = 150_000  # of alike names in one scan: a queue of more helps nobody, and the night ends
SCANNING = 0x6475_7073
CUSTOMERS, CONTACTS, PAIRS = (model._meta.db_table for model in (Customer, Contact, DuplicatePair))
MOBILE = "(phone_key ~ '^[+]861[3-9]' OR phone_key !~ '^[+]86') AND phone_key <> ''"
ALIVE = "deleted_at IS NULL"
CHINESE = "ascii({}) >= 11904"
# Each kind of key with the customers that have it: (key, id). Only our own names are put together here.
KEYS = [
    f"SELECT uscc AS key, id FROM {CUSTOMERS} WHERE uscc <> '' AND {ALIVE}",  # noqa: S608
    f"SELECT phone_key AS key, id FROM {CUSTOMERS} WHERE {MOBILE} AND {ALIVE} "  # noqa: S608
    f"UNION SELECT phone_key, customer_id FROM {CONTACTS} WHERE {MOBILE} AND {ALIVE}",
    f"SELECT email AS key, id FROM {CUSTOMERS} WHERE email <> '' AND {ALIVE} "  # noqa: S608
    f"UNION SELECT email, customer_id FROM {CONTACTS} WHERE email <> '' AND {ALIVE}",
    f"SELECT company_core AS key, id FROM {CUSTOMERS} WHERE company_core <> '' AND {ALIVE}",  # noqa: S608
]


@dataclass(frozen=True)
class Scanned:
    """What a scan of the base found: how many pairs wait for a decision, and how many of them are new."""

    open: int
    new: int
    gone: int


@transaction.atomic
def scan_duplicates() -> Scanned | None:
    """Look through the whole base for pairs that may be one customer and renew the queue; None while another scan runs.

    Pairs that are no longer alike leave the queue; those somebody has decided about stay decided.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SCANNING])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("DROP TABLE IF EXISTS pg_temp.candidate")
        cursor.execute("CREATE TEMPORARY TABLE candidate (a bigint, b bigint) ON COMMIT DROP")
        for keys in KEYS:
            cursor.execute(_same_key(keys))
    _add_alike()
    began, new = timezone.now(), 0
    for pairs in _rated_pairs():
        new += _note(pairs, began)
    rest = DuplicatePair._base_manager.filter(state=DuplicatePair.State.OPEN)
    gone = rest.filter(found_at__lt=began).delete()[0]
    return Scanned(rest.count(), new, gone)


@transaction.atomic
def decide_pair(pair: DuplicatePair, *, duplicate: bool, actor: Actor) -> DuplicatePair:
    """Say that a suspected pair is two customers, which is remembered, or (again) that it may be one."""
    pair = lock(pair)
    if pair.state == DuplicatePair.State.MERGED:
        raise RuleBroken(_("These two have been merged meanwhile."), code="merged")
    state = DuplicatePair.State.OPEN if duplicate else DuplicatePair.State.DISMISSED
    if pair.state == state:
        return pair
    pair.state = state
    pair.decided_at, pair.decided_by_id = timezone.now(), actor.user_id
    pair.save(update_fields=["state", "decided_at", "decided_by"])
    name = DUPLICATE_SUSPECTED if duplicate else DUPLICATE_DISMISSED
    record_event(name, pair.first, actor=actor, payload={"name": str(pair.second)}, about=[pair.second])
    return pair


def _same_key(keys: str) -> str:
    """Pairs of customers that share a key; a large group is paired with its oldest member only."""
    return (
        f"INSERT INTO candidate WITH shared AS (SELECT key, array_agg(id ORDER BY id) AS ids FROM ({keys}) AS k "  # noqa: S608
        "GROUP BY key HAVING count(*) > 1) "
        "SELECT one.id, other.id FROM shared, unnest(ids) WITH ORDINALITY AS one(id, place), "
        "unnest(ids) WITH ORDINALITY AS other(id, place) WHERE one.place < other.place "
        f"AND (one.place = 1 OR cardinality(ids) <= {EVERY_PAIR})"
    )


def _add_alike() -> None:
    """Pairs of one region whose names look like spellings of each other.

    They share their first three characters, or a mark (two of these) and the end: whoever differs at both is not alike.
    """
    named = f"FROM {CUSTOMERS} c WHERE c.company_core <> '' AND c.{ALIVE}"
    sql = (
        f"WITH marked AS (SELECT m.id, m.core, m.mark || CASE WHEN {CHINESE.format('m.core')} "  # noqa: S608
        "THEN '|' || right(m.core, 2) ELSE '' END AS mark "
        f"FROM (SELECT c.id, c.company_core AS core, unnest({marks_sql('c')}) AS mark {named}) AS m "
        "UNION ALL SELECT c.id, c.company_core, c.company_region || '=' || left(c.company_core, 3) "
        f"{named} AND char_length(c.company_core) >= 4 AND {CHINESE.format('c.company_core')}), "
        "shared AS (SELECT array_agg(id ORDER BY id) AS ids, array_agg(core ORDER BY id) AS cores FROM marked "
        f"GROUP BY mark HAVING count(*) BETWEEN 2 AND {MOST_ALIKE}) "
        "SELECT one.id, other.id, one.core, other.core FROM shared, unnest(ids, cores) AS one(id, core), "
        "unnest(ids, cores) AS other(id, core) WHERE one.id < other.id AND one.core <> other.core "
        f"LIMIT {MOST_PAIRS}"
    )
    with connection.chunked_cursor() as cursor, connection.cursor() as writer:
        cursor.execute(sql)
        while rows := cursor.fetchmany(CHUNK):
            alike = [(a, b) for a, b, one, other in rows if is_similar(one, other)]
            if alike:
                writer.execute(
                    "INSERT INTO candidate SELECT * FROM unnest(%s::bigint[], %s::bigint[])",
                    [[a for a, _b in alike], [b for _a, b in alike]],
                )


def _rated_pairs() -> Iterator[list[tuple[int, int, Verdict]]]:
    """What the rules say to each pair, with the numbers and addresses of its contacts, some thousands at a time."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.reached")
        cursor.execute("ANALYZE candidate")  # nobody else counts temporary tables for the planner
        cursor.execute(
            "CREATE TEMPORARY TABLE reached ON COMMIT DROP AS SELECT c.id, c.name, c.company_core, c.company_region, "  # noqa: S608
            "c.uscc, c.phone_key || array_agg(p.phone_key) AS phones, c.email || array_agg(p.email) AS emails "
            f"FROM (SELECT a AS id FROM candidate UNION SELECT b FROM candidate) AS one JOIN {CUSTOMERS} c USING (id) "
            f"LEFT JOIN {CONTACTS} p ON p.customer_id = c.id AND p.{ALIVE} GROUP BY c.id"
        )
        cursor.execute("ANALYZE reached")
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT a.*, b.* FROM (SELECT DISTINCT a, b FROM candidate) AS pair JOIN reached a ON a.id = pair.a "
            "JOIN reached b ON b.id = pair.b ORDER BY pair.a, pair.b"
        )
        while rows := cursor.fetchmany(CHUNK):
            yield list(_rated(rows))


def _rated(rows: list[tuple[Any, ...]]) -> Iterator[tuple[int, int, Verdict]]:
    """The pairs that may be one customer; `rows` hold seven columns of either."""
    known: dict[int, Keys] = {}
    for row in rows:
        for one in (row[:7], row[7:]):
            if one[0] not in known:
                known[one[0]] = _keys(*one[1:])
        verdict = matching.compare(known[row[0]], known[row[7]], attended=False)
        if verdict and verdict.outcome != matching.LINK:
            yield row[0], row[7], verdict


def _keys(name: str, core: str, region: str, uscc: str, phones: list[str], emails: list[str]) -> Keys:
    return stored_keys(name=name, core=core, region=region, uscc=uscc, phones=phones, emails=emails)


def _note(rated: list[tuple[int, int, Verdict]], began: Any) -> int:
    """Put pairs into the queue or renew them there; returns how many are new."""
    if not rated:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {PAIRS} AS p (first_id, second_id, score, reasons, state, found_at) "  # noqa: S608
            "SELECT a, b, score, string_to_array(reasons, ' '), %s, %s FROM "
            "unnest(%s::bigint[], %s::bigint[], %s::numeric[], %s::text[]) AS r(a, b, score, reasons) "
            "ON CONFLICT (first_id, second_id) DO UPDATE SET score = excluded.score, reasons = excluded.reasons, "
            "found_at = excluded.found_at, state = CASE WHEN p.state = 'merged' THEN 'open' ELSE p.state END "
            "RETURNING xmax = 0",
            [
                DuplicatePair.State.OPEN,
                began,
                [a for a, _b, _verdict in rated],
                [b for _a, b, _verdict in rated],
                [str(verdict.score) for _a, _b, verdict in rated],
                [" ".join(verdict.reasons) for _a, _b, verdict in rated],
            ],
        )
        return sum(row[0] for row in cursor.fetchall())
