"""No second record of one customer: what a save asks before it writes (查重)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import Contact, Customer
from accounts.queries.duplicates import Match, find
from accounts.rules.matching import Keys, keys_of
from crm.core.writes import RuleBroken

MATCHED = ("name", "kind", "uscc", "phone", "email")
IMPORTING = 0x6475706C  # one key above all others: a chunk of an import excludes single saves


@dataclass(frozen=True)
class Guard:
    """How a save treats likely duplicates: `confirmed` is the token of the warning somebody saved in spite of.

    Without `ask` a warning passes; what blocks is refused either way.
    """

    ask: bool = True
    confirmed: str = ""


class DuplicatesFound(RuleBroken):
    """The record is very likely there already; `matches` are of the whole base and need `disclosed` before shown."""

    def __init__(self, matches: Sequence[Match], token: str) -> None:
        self.matches = list(matches)
        self.token = token
        self.blocking = any(match.blocks for match in matches)
        message = (
            _("This customer exists already.")
            if self.blocking
            else _("There may be this customer already. Look at the list, then save again.")
        )
        super().__init__(message, code="duplicate")


def guard_keys(keys: Keys, guard: Guard, *, exclude: Iterable[int] = ()) -> None:
    """Hold the keys until the transaction ends and refuse what is there already.

    Two saves of one number queue here: the second one looks only after the first has been committed.
    """
    hold(keys.locks)
    matches = [match for match in find(keys, exclude=exclude) if not match.links]
    blocking = any(match.blocks for match in matches)
    if matches and (blocking or (guard.ask and guard.confirmed != keys.token)):
        raise DuplicatesFound(matches, keys.token)


def guard_customer(
    customer: Customer,
    guard: Guard | None,
    *,
    changed: Iterable[str] = MATCHED,
    contact: Mapping[str, Any] | None = None,
) -> None:
    """Refuse a customer that is there already; of an existing one only the changed fields count."""
    mine = {*MATCHED} & set(changed)
    if guard is None or not mine:
        return
    person = contact or {}
    keys = keys_of(
        name=customer.name if mine & {"name", "kind"} else "",
        kind=customer.kind,
        uscc=customer.uscc if "uscc" in mine else "",
        phones=[customer.phone, person.get("phone")],
        emails=[customer.email, person.get("email")],
    )
    if "phone" not in mine:  # what stays as it is supports a name, and is no claim of its own
        keys = replace(keys, numbers=frozenset())
    if "email" not in mine:
        keys = replace(keys, emails=frozenset())
    guard_keys(keys, guard, exclude=[customer.pk] if customer.pk else [])


def guard_contact(contact: Contact, guard: Guard | None, changed: Iterable[str] | None = None) -> None:
    """Refuse a contact whose number or address belongs to another customer: such a person is linked, not doubled."""
    mine = {"phone", "email"} if changed is None else {"phone", "email"} & set(changed)
    if guard is None or not mine:
        return
    keys = keys_of(
        phones=[contact.phone] if "phone" in mine else [], emails=[contact.email] if "email" in mine else []
    )
    guard_keys(keys, guard, exclude=[contact.customer_id])


def hold(names: Iterable[str]) -> None:
    """Hold names until the transaction ends, in one order for everybody, so that two saves cannot wait in a circle."""
    numbers = sorted({_number(name) for name in names})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [IMPORTING])
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [numbers])


def hold_all() -> None:
    """Let no guarded save pass until the transaction ends: for a chunk of an import, which claims thousands of keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORTING])


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
