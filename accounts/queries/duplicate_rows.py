"""Likely duplicates of many new customers at once: what an import asks about a chunk of its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import connection

from accounts.models import Contact, Customer
from accounts.models.marks import narrow_sql
from accounts.queries.duplicates import CONTACTS, CUSTOMERS, FEW, Candidate, Match
from accounts.rules import matching
from accounts.rules.matching import Keys, narrow_marks, resemble, shape_of
from crm.identity.models import User

MOST = 5
OWN, OF_CONTACTS = f"id FROM {CUSTOMERS}", f"customer_id FROM {CONTACTS}"
Found = dict[str, list[int]]


def duplicates_of_rows(rows: Sequence[Keys], *, most: int = MOST) -> list[list[Match]]:
    """For each row (as `matching.keys_of` gives it) the customers that may be the same, most likely first.

    Nobody stands by an import: a shared number only warns there. The number of statements does not depend on the
    number of rows; who may open a match is asked with `disclosed`.
    """
    by_row: list[set[int]] = [set() for _row in rows]
    same = [
        (_holders(OWN, "uscc", [{row.uscc} for row in rows]), "uscc"),
        (_everywhere("phone_key", [row.numbers for row in rows]), "numbers"),
        (_everywhere("email", [row.emails for row in rows]), "emails"),
        (_holders(OWN, "company_core", [{row.core} for row in rows]), "core"),
    ]
    for found, name in same:
        for ids, row in zip(by_row, rows, strict=True):
            value = getattr(row, name)
            for key in [value] if isinstance(value, str) else value:
                ids.update(found.get(key, ()))
    for ids, alike in zip(by_row, _alike(rows), strict=True):
        ids.update(alike)
    candidates = _candidates(set().union(*by_row)) if rows else {}
    return [_rated(row, ids, candidates)[:most] for row, ids in zip(rows, by_row, strict=True)]


def _holders(source: str, column: str, keys: Iterable[Iterable[str]]) -> Found:
    """For each key the customers that have it, a few; `source` names their number and the table."""
    wanted = {key for some in keys for key in some if key}
    found: Found = defaultdict(list)
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {column}, {source} WHERE {column} <> '' AND {column} = ANY(%s) AND deleted_at IS NULL",
                [sorted(wanted)],
            )
            for key, pk in cursor.fetchall():
                if len(found[key]) < FEW:
                    found[key].append(pk)
    return found


def _everywhere(column: str, keys: Sequence[Iterable[str]]) -> Found:
    """Holders of a number or address, by their own or by their contacts'."""
    own, people = _holders(OWN, column, keys), _holders(OF_CONTACTS, column, keys)
    return {key: [*own.get(key, ()), *people.get(key, ())] for key in {*own, *people}}


def _alike(rows: Sequence[Keys]) -> list[set[int]]:
    """For each row the customers of its region whose name looks like a spelling of it.

    They are sought by narrow marks: a common mark has thousands of holders, and to gather those for every row of a sheet
    cost more than everything else the database does for it.
    """
    marks = [[f"{row.region}:{mark}" for mark in narrow_marks(row.core)] for row in rows]
    wanted = sorted({mark for some in marks for mark in some})
    near: dict[str, list[tuple[int, str]]] = defaultdict(list)
    if wanted:
        with connection.cursor() as cursor:
            # Until the table is next analysed the planner takes a mark for a common thing and reads everything for each.
            cursor.execute(
                f"SET LOCAL enable_seqscan = off; SELECT m.mark, hit.id, hit.company_core FROM unnest(%s::text[]) AS m(mark) CROSS JOIN LATERAL "  # noqa: S608
                f"(SELECT c.id, c.company_core FROM {CUSTOMERS} c WHERE c.company_core <> '' "
                f"AND c.deleted_at IS NULL AND {narrow_sql('c')} && ARRAY[m.mark] LIMIT {FEW}) AS hit",
                [wanted],
            )
            for mark, pk, core in cursor.fetchall():
                near[mark].append((pk, core))
            if connection.in_atomic_block:
                cursor.execute("SET LOCAL enable_seqscan = on")
    return [
        _resembling(row.core, [one for mark in some for one in near.get(mark, ())])
        for row, some in zip(rows, marks, strict=True)
    ]


def _resembling(core: str, others: Sequence[tuple[int, str]]) -> set[int]:
    """Who shares a mark alone, and neither the end nor the beginning, is not alike: most are told apart by that."""
    shape, beginning, end = shape_of(core), core[:3], core[-2:]
    return {
        pk
        for pk, other in dict(others).items()
        if (other[-2:] == end or other[:3] == beginning)
        and other != core
        and resemble(shape, shape_of(other))
    }


def _candidates(ids: set[int]) -> dict[int, tuple[Candidate, Keys]]:
    """The customers with the numbers and addresses of their contacts, and what they are compared by."""
    found = {
        row[0]: Candidate(*row[:5], {row[5]}, {row[6]}, row[7])
        for row in Customer.objects.filter(pk__any_of=ids).values_list(
            "pk", "name", "company_core", "company_region", "uscc", "phone_key", "email", "owner_id"
        )
    }
    people = Contact.objects.filter(customer__any_of=ids).values_list("customer_id", "phone_key", "email")
    for customer_id, phone, email in people:
        if customer_id in found:
            found[customer_id].phones.add(phone)
            found[customer_id].emails.add(email)
    owners = dict(
        User._base_manager.filter(pk__any_of={one.owner_id for one in found.values()}).values_list(
            "pk", "name"
        )
    )
    for one in found.values():
        one.owner_name = owners.get(one.owner_id, "")
    return {pk: (one, one.keys) for pk, one in found.items()}


def _rated(row: Keys, ids: set[int], candidates: dict[int, tuple[Candidate, Keys]]) -> list[Match]:
    matches = []
    for pk in ids:
        if pk not in candidates:
            continue
        one, keys = candidates[pk]
        verdict = matching.compare(row, keys, attended=False)
        if verdict is not None:
            matches.append(Match(pk, one.name, one.owner_name, verdict))
    return sorted(matches, key=lambda match: (-match.verdict.score, match.customer_id))
