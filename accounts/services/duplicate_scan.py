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
from crm.core.email import FREE_MAIL
from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.recording import record_event

CHUNK = 5000
EVERY_PAIR = 20  # of more customers with one key each is paired with the oldest alone
MOST_ALIKE = 20  # a piece of a name that more customers of a region share distinguishes nobody
MOST_PAIRS = 200_000  # of alike names in one scan: a queue of more helps nobody, and the night ends
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

SIDES = (
    "x.id, x.name, x.core, x.region, x.uscc, x.phones, x.emails, y.id, y.name, y.core, y.region, y.uscc, y.phones, "
    "y.emails FROM pair p JOIN reached x ON x.id = p.a JOIN reached y ON y.id = p.b"
)
RATED = (
    "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[], %s::text[]) AS r(a, b, score, reasons)"
)
PLAIN = (
    "SELECT a, b, score, reasons FROM pair JOIN unnest(%s::text[], %s::numeric[], %s::text[]) "
    "AS way(plain, score, reasons) USING (plain)"
)
NOTE = (
    f"INSERT INTO {PAIRS} AS p (first_id, second_id, score, reasons, state, found_at) "  # noqa: S608
    "SELECT a, b, score, string_to_array(reasons, ' '), %s, %s FROM ({rows}) AS r "
    "ON CONFLICT (first_id, second_id) DO UPDATE SET score = excluded.score, reasons = excluded.reasons, "
    "found_at = excluded.found_at, state = CASE WHEN p.state = 'merged' THEN 'open' ELSE p.state END "
    "RETURNING xmax = 0 AS is_new"
)


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
        cursor.execute("SET LOCAL work_mem = '128MB'")  # one such statement at a time, in the night
        cursor.execute("CREATE TEMPORARY TABLE candidate (a bigint, b bigint, alike boolean) ON COMMIT DROP")
        for keys in KEYS:
            cursor.execute(_same_key(keys))
    _add_alike()
    _make_pairs()
    began = timezone.now()
    new = _note_plain(began)
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
        "SELECT one.id, other.id, false FROM shared, unnest(ids) WITH ORDINALITY AS one(id, place), "
        "unnest(ids) WITH ORDINALITY AS other(id, place) WHERE one.place < other.place "
        f"AND (one.place = 1 OR cardinality(ids) <= {EVERY_PAIR})"
    )


def _add_alike() -> None:
    """Pairs of one region whose names look like spellings of each other.

    They share their first three characters, or a mark (two of these) and the end: whoever differs at both is not alike.
    """
    core, region = "c.company_core", "c.company_region"
    marks = (
        f"CASE WHEN char_length({core}) < 4 THEN '{{}}'::text[] WHEN {CHINESE.format(core)} THEN "  # noqa: S608 - our own names
        f"ARRAY(SELECT mark || '|' || right({core}, 2) FROM unnest({marks_sql('c')}) AS mark) "
        f"|| ({region} || '=' || left({core}, 3)) ELSE {marks_sql('c')} END"
    )
    sql = (
        # Marks are grouped by their hash, which sorts faster; two that share one are told apart with the names.
        "WITH shared AS MATERIALIZED (SELECT array_agg(m.id) AS ids FROM "  # noqa: S608
        f"(SELECT c.id, hashtextextended(unnest({marks}), 0) AS mark FROM {CUSTOMERS} c WHERE {core} <> '' AND c.{ALIVE}) "
        f"AS m GROUP BY m.mark HAVING count(*) BETWEEN 2 AND {MOST_ALIKE}) "
        "SELECT a.id, b.id, a.company_core, b.company_core FROM "
        "(SELECT one, other FROM shared, unnest(ids) AS one, unnest(ids) AS other WHERE one < other "
        f"LIMIT {MOST_PAIRS}) AS pair JOIN {CUSTOMERS} a ON a.id = pair.one JOIN {CUSTOMERS} b ON b.id = pair.other "
        "WHERE a.company_core <> b.company_core AND a.company_region = b.company_region"
    )
    with connection.chunked_cursor() as cursor, connection.cursor() as writer:
        cursor.execute(sql)
        while rows := cursor.fetchmany(CHUNK):
            alike = [(a, b) for a, b, one, other in rows if is_similar(one, other)]
            if alike:
                writer.execute(
                    "INSERT INTO candidate SELECT a, b, true FROM unnest(%s::bigint[], %s::bigint[]) AS p(a, b)",
                    [[a for a, _b in alike], [b for _a, b in alike]],
                )


def _make_pairs() -> None:
    """Each pair once, with what both sides have in common beside their names.

    Where that is nothing, and neither is a branch, `plain` says how the names stand to each other: all that the rules
    look at then.
    """
    with connection.cursor() as cursor:
        for table in ("reached", "pair"):
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        cursor.execute("ANALYZE candidate")  # nobody else counts temporary tables for the planner
        cursor.execute(
            "CREATE TEMPORARY TABLE reached ON COMMIT DROP AS SELECT c.id, c.name, c.company_core AS core, "  # noqa: S608
            "c.company_region AS region, c.uscc, c.name ~ %s AS branch, "
            "array_remove(c.phone_key || array_agg(p.phone_key), '') AS phones, "
            "array_remove(c.email || array_agg(p.email), '') AS emails, "
            "array_remove(split_part(c.email, '@', 2) || array_agg(split_part(p.email, '@', 2)), '') AS domains "
            f"FROM (SELECT a AS id FROM candidate UNION SELECT b FROM candidate) AS one JOIN {CUSTOMERS} c USING (id) "
            f"LEFT JOIN {CONTACTS} p ON p.customer_id = c.id AND p.{ALIVE} GROUP BY c.id",
            [matching.BRANCH_WORDS],
        )
        cursor.execute("ANALYZE reached")
        cursor.execute(
            "CREATE TEMPORARY TABLE pair ON COMMIT DROP AS SELECT p.a, p.b, CASE WHEN x.branch OR y.branch "
            "OR x.uscc <> '' AND x.uscc = y.uscc OR x.phones && y.phones OR x.emails && y.emails "
            "OR x.domains && y.domains AND EXISTS (SELECT unnest(x.domains) INTERSECT SELECT unnest(y.domains) "
            "EXCEPT SELECT unnest(%s)) THEN NULL "
            "ELSE concat_ws('/', p.alike, x.core = y.core AND x.core <> '', x.region = y.region, "
            "x.region <> '' AND y.region <> '') END AS plain "
            "FROM (SELECT a, b, bool_or(alike) AS alike FROM candidate GROUP BY a, b) AS p "
            "JOIN reached x ON x.id = p.a JOIN reached y ON y.id = p.b",
            [sorted(FREE_MAIL)],
        )


def _note_plain(began: Any) -> int:
    """Put the pairs into the queue that have nothing but their names in common; returns how many are new.

    The rules are asked once for each way in which two names can stand to each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT ON (p.plain) p.plain, {SIDES} WHERE p.plain IS NOT NULL ORDER BY p.plain"
        )
        ways = {row[0]: _verdict(_keys(*row[2:8]), _keys(*row[9:])) for row in cursor.fetchall()}
        worth = {way: verdict for way, verdict in ways.items() if verdict}
        if not worth:
            return 0
        cursor.execute(
            f"WITH noted AS ({NOTE.format(rows=PLAIN)}) SELECT count(*) FILTER (WHERE is_new) FROM noted",  # noqa: S608
            [
                DuplicatePair.State.OPEN,
                began,
                list(worth),
                [str(verdict.score) for verdict in worth.values()],
                [" ".join(verdict.reasons) for verdict in worth.values()],
            ],
        )
        return int(cursor.fetchone()[0])


def _rated_pairs() -> Iterator[list[tuple[int, int, Verdict]]]:
    """What the rules say to each other pair, some thousands at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {SIDES} WHERE p.plain IS NULL ORDER BY p.a, p.b")
        while rows := cursor.fetchmany(CHUNK):
            yield list(_rated(rows))


def _rated(rows: list[tuple[Any, ...]]) -> Iterator[tuple[int, int, Verdict]]:
    """The pairs that may be one customer; `rows` hold seven columns of either."""
    known: dict[int, Keys] = {}
    for row in rows:
        for one in (row[:7], row[7:]):
            if one[0] not in known:
                known[one[0]] = _keys(*one[1:])
        verdict = _verdict(known[row[0]], known[row[7]])
        if verdict:
            yield row[0], row[7], verdict


def _verdict(one: Keys, other: Keys) -> Verdict | None:
    verdict = matching.compare(one, other, attended=False)
    return verdict if verdict and verdict.outcome != matching.LINK else None


def _keys(name: str, core: str, region: str, uscc: str, phones: list[str], emails: list[str]) -> Keys:
    return stored_keys(name=name, core=core, region=region, uscc=uscc, phones=phones, emails=emails)


def _note(rated: list[tuple[int, int, Verdict]], began: Any) -> int:
    """Put pairs into the queue or renew them there; returns how many are new."""
    if not rated:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            NOTE.format(rows=RATED),
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
