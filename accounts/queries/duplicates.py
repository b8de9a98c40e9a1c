"""Which customers may be the same as one that is being typed: over the whole base, whoever owns them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy

from accounts.models import Contact, Customer
from accounts.models.marks import marks_sql
from accounts.rules import matching
from accounts.rules.matching import Keys, Verdict, stored_keys
from crm.identity import access
from crm.identity.models import User

FEW, MANY = 20, 60  # candidates taken by one exact key, and by a piece of a name
SHOWN = 10
CUSTOMERS, CONTACTS, PEOPLE = (model._meta.db_table for model in (Customer, Contact, User))


@dataclass(frozen=True)
class Match:
    """A customer that may be the same one; `seen` says whether the person asking may open it."""

    customer_id: int
    name: str
    owner_name: str
    verdict: Verdict
    seen: bool = False

    @property
    def blocks(self) -> bool:
        """Whether the new one cannot be saved beside it."""
        return self.verdict.outcome == matching.BLOCK

    @property
    def links(self) -> bool:
        """Whether it is the company of a branch, or a branch of the company: related, not the same."""
        return self.verdict.outcome == matching.LINK

    @property
    def why(self) -> list[str]:
        """The reasons in words; only for those who may see the record."""
        return [reason_label(reason) for reason in self.verdict.reasons]


REASONS = {
    matching.USCC: gettext_lazy("Same credit code"),
    matching.PHONE: gettext_lazy("Same phone number"),
    matching.EMAIL: gettext_lazy("Same e-mail address"),
    matching.SAME_NAME: gettext_lazy("Same name and region"),
    matching.NAME_OPEN: gettext_lazy("Same name, region not known"),
    matching.NAME_ELSEWHERE: gettext_lazy("Same name, other region"),
    matching.SIMILAR: gettext_lazy("Similar name"),
    matching.BRANCH: gettext_lazy("Parent company or branch"),
    matching.LANDLINE_TOO: gettext_lazy("Same landline"),
    matching.DOMAIN_TOO: gettext_lazy("Same mail domain"),
}


def reason_label(reason: str) -> str:
    """Why two customers may be the same, in the reader's language."""
    return str(REASONS[reason])


def find(
    keys: Keys, *, exclude: Iterable[int] = (), attended: bool = True, limit: int = SHOWN
) -> list[Match]:
    """The customers outside the bin that may be the one with these keys, most likely first.

    Each kind of key is one look-up in an index with a limit of its own, so that the size of the base hardly matters.
    """
    parts, params = _lookups(keys)
    if not parts:
        return []
    sql = (
        "SELECT c.id, c.name, c.company_core, c.company_region, c.uscc, c.phone_key, c.email, c.owner_id, "  # noqa: S608
        "hit.phone, hit.email "
        f"FROM ({' UNION ALL '.join(parts)}) AS hit JOIN {CUSTOMERS} c ON c.id = hit.id "
        "WHERE c.deleted_at IS NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    candidates = _merged(rows, set(exclude))
    rated = [
        (row, verdict)
        for row in candidates
        if (verdict := matching.compare(keys, row.keys, attended=attended))
    ]
    rated.sort(key=lambda pair: (-pair[1].score, pair[0].id))
    return _rated_again(keys, rated[:limit], attended)


def disclosed(user: User, matches: Sequence[Match]) -> list[Match]:
    """The matches as one person may see them: those out of reach keep their name and owner only."""
    if not matches:
        return []
    rows = access.visible(Customer, user).filter(pk__in=[match.customer_id for match in matches])
    seen = set(rows.values_list("pk", flat=True))
    return [replace(match, seen=match.customer_id in seen) for match in matches]


@dataclass
class Candidate:
    """A customer that shares a key, with the numbers of its contacts as far as they are known yet."""

    id: int
    name: str
    core: str
    region: str
    uscc: str
    phones: set[str]
    emails: set[str]
    owner_id: int | None
    owner_name: str = ""

    @property
    def keys(self) -> Keys:
        """What it is compared by."""
        return stored_keys(
            name=self.name,
            core=self.core,
            region=self.region,
            uscc=self.uscc,
            phones=self.phones,
            emails=self.emails,
        )


def _lookups(keys: Keys) -> tuple[list[str], list[Any]]:
    """One part of the statement for each kind of key there is."""
    parts: list[str] = []
    params: list[Any] = []

    def add(source: str, condition: str, *values: Any, limit: int = FEW) -> None:
        parts.append(f"(SELECT {source} WHERE {condition} AND deleted_at IS NULL LIMIT {limit})")
        params.extend(values)

    own = f"id, '' AS phone, '' AS email FROM {CUSTOMERS}"
    if keys.uscc:
        add(own, "uscc <> '' AND uscc = %s", keys.uscc)
    if keys.numbers:
        numbers = sorted(keys.numbers)
        add(own, "phone_key <> '' AND phone_key = ANY(%s)", numbers)
        add(f"customer_id, phone_key, '' FROM {CONTACTS}", "phone_key <> '' AND phone_key = ANY(%s)", numbers)
    if keys.emails:
        emails = sorted(keys.emails)
        add(own, "email <> '' AND email = ANY(%s)", emails)
        add(f"customer_id, '', email FROM {CONTACTS}", "email <> '' AND email = ANY(%s)", emails)
    if keys.core:
        same = "company_core <> '' AND company_core = %s"
        add(own, f"{same} AND company_region = %s", keys.core, keys.region)
        add(own, f"{same} AND company_region <> %s", keys.core, keys.region)
        marks = [f"{keys.region}:{mark}" for mark in matching.name_marks(keys.core)]
        if marks:
            # Who shares a mark alone, and neither the end nor the beginning, is not alike.
            similar = (
                f"company_core <> '' AND {marks_sql(CUSTOMERS)} && %s "
                "AND (right(company_core, 2) = %s OR left(company_core, 3) = %s)"
            )
            add(own, similar, marks, keys.core[-2:], keys.core[:3], limit=MANY)
    return parts, params


def _merged(rows: Iterable[tuple[Any, ...]], exclude: set[int]) -> list[Candidate]:
    found: dict[int, Candidate] = {}
    for pk, name, core, region, uscc, phone, email, owner_id, hit_phone, hit_email in rows:
        if pk in exclude:
            continue
        if pk not in found:
            found[pk] = Candidate(pk, name, core, region, uscc, {phone}, {email}, owner_id)
        found[pk].phones.add(hit_phone)
        found[pk].emails.add(hit_email)
    return list(found.values())


def _rated_again(keys: Keys, rated: list[tuple[Candidate, Verdict]], attended: bool) -> list[Match]:
    """The best candidates with their owners, and the numbers of their contacts counted in."""
    if not rated:
        return []
    ids = [row.id for row, _verdict in rated]
    if keys.landlines or keys.domains:
        by_id = {row.id: row for row, _verdict in rated}
        people = Contact.objects.filter(customer__in=ids).values_list("customer_id", "phone_key", "email")
        for customer_id, phone, email in people:
            by_id[customer_id].phones.add(phone)
            by_id[customer_id].emails.add(email)
    owners = dict(
        User._base_manager.filter(pk__in={row.owner_id for row, _verdict in rated}).values_list("pk", "name")
    )
    matches = [
        Match(
            row.id,
            row.name,
            owners.get(row.owner_id, ""),
            matching.compare(keys, row.keys, attended=attended) or verdict,
        )
        for row, verdict in rated
    ]
    return sorted(matches, key=lambda match: (-match.verdict.score, match.customer_id))
