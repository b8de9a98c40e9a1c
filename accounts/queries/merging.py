"""Suspected duplicates waiting for a decision, what was merged, and where a merged customer's address leads."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import Customer, CustomerMerge, DuplicatePair
from accounts.rules.merging import UNDO_DAYS
from accounts.services.merge_relations import RELATIONS
from crm.identity import access
from crm.identity.models import User

PAGE = 20
LONGEST_CHAIN = 20


def successor(user: User, pk: int) -> Customer | None:
    """The customer that a merged one became, if the person may see it; merges of merges are followed."""
    row = Customer._base_manager.filter(pk=pk, merged_into__isnull=False)
    target = row.values_list("merged_into", flat=True).first()
    for _step in range(LONGEST_CHAIN):
        if target is None:
            return None
        found = access.visible(Customer, user).filter(pk=target).first()
        if found is not None:
            return found
        row = Customer._base_manager.filter(pk=target, merged_into__isnull=False)
        target = row.values_list("merged_into", flat=True).first()
    return None


def living_customers(ids: Iterable[int]) -> dict[int, int]:
    """For each of these customers the one it is today: itself, or the one it became part of, however often."""
    now = {pk: pk for pk in ids}
    for _step in range(LONGEST_CHAIN):
        rows = Customer._base_manager.filter(pk__in=set(now.values()), merged_into__isnull=False)
        further = dict(rows.values_list("pk", "merged_into"))
        if not further:
            break
        now = {pk: further.get(current, current) for pk, current in now.items()}
    return now


def absorbed_ids(customer: Customer) -> list[int]:
    """The customers merged into this one, and into those again: their history is its history."""
    if not getattr(customer, "has_absorbed", True):  # the record page knows it from the start
        return []
    found: list[int] = []
    level = [customer.pk]
    for _step in range(LONGEST_CHAIN):
        rows = Customer._base_manager.filter(merged_into__in=level).values_list("pk", flat=True)
        level = [pk for pk in rows if pk not in found]
        if not level:
            break
        found += level
    return found


@dataclass(frozen=True)
class Suspects:
    """A page of the queue with the cursor of the next one (empty at the end)."""

    pairs: list[DuplicatePair]
    next: str
    total: int


def suspected(
    user: User,
    *,
    state: str = DuplicatePair.State.OPEN,
    reasons: Collection[str] = (),
    least: Decimal | None = None,
    mine: bool = False,
    after: tuple[Decimal, int] | None = None,
) -> Suspects:
    """Pairs of which somebody may merge at least one side, the most likely first.

    Each pair says of its sides whether they may be opened (`seen`) and whether both may be merged (`mergeable`).
    """
    reach = access.visible(Customer, user, "merge")
    rows = DuplicatePair._base_manager.filter(Q(first__in=reach) | Q(second__in=reach), state=state)
    if state != DuplicatePair.State.MERGED:
        rows = rows.filter(first__deleted_at__isnull=True, second__deleted_at__isnull=True)
    if reasons:
        rows = rows.filter(reasons__overlap=list(reasons))
    if least is not None:
        rows = rows.filter(score__gte=least)
    if mine:
        rows = rows.filter(Q(first__owner=user) | Q(second__owner=user))
    total = rows.count()
    if after is not None:
        score, pk = after
        rows = rows.filter(Q(score__lt=score) | Q(score=score, pk__lt=pk))
    rows = rows.select_related(
        "first__owner", "first__region", "second__owner", "second__region", "decided_by"
    )
    pairs = list(rows.order_by("-score", "-pk")[: PAGE + 1])
    shown = pairs[:PAGE]
    note_reach(user, shown)
    last = shown[-1] if len(pairs) > PAGE else None
    return Suspects(shown, f"{last.score}-{last.pk}" if last else "", total)


def note_reach(user: User, pairs: list[DuplicatePair]) -> None:
    """Note on each pair what the person may do with its sides."""
    ids = {pk for pair in pairs for pk in (pair.first_id, pair.second_id)}
    seen = set(access.visible(Customer, user).filter(pk__in=ids).values_list("pk", flat=True))
    merges = set(access.visible(Customer, user, "merge").filter(pk__in=ids).values_list("pk", flat=True))
    for pair in pairs:
        notes: dict[str, Any] = {
            "first_seen": pair.first_id in seen,
            "second_seen": pair.second_id in seen,
            "mergeable": {pair.first_id, pair.second_id} <= merges,
        }
        for name, value in notes.items():
            setattr(pair, name, value)


def pair_of(user: User, pk: int) -> DuplicatePair | None:
    """One pair of the queue with what the person may do, or None where they may merge neither side."""
    reach = access.visible(Customer, user, "merge")
    rows = DuplicatePair._base_manager.filter(Q(first__in=reach) | Q(second__in=reach), pk=pk)
    pair = rows.select_related("first", "second").first()
    if pair is not None:
        note_reach(user, [pair])
    return pair


def merges_for(user: User, limit: int = 50) -> list[CustomerMerge]:
    """The latest merges into customers somebody may merge, newest first; `running` ones can still be undone."""
    limit_at = timezone.now() - datetime.timedelta(days=UNDO_DAYS)
    rows = CustomerMerge._base_manager.filter(winner__in=access.visible(Customer, user, "merge"))
    rows = rows.select_related("winner", "loser", "merged_by").order_by("-merged_at", "-pk")
    merges = list(rows[:limit])
    for merge in merges:
        merge.running = merge.undone_at is None and merge.merged_at >= limit_at
    return merges


def last_merge(customer: Customer) -> CustomerMerge | None:
    """The last merge into a customer that has not been undone."""
    rows = CustomerMerge._base_manager.filter(winner=customer, undone_at__isnull=True)
    return rows.order_by("-merged_at", "-pk").first()


def merge_of(user: User, pk: int) -> CustomerMerge | None:
    """One merge into a customer somebody sees."""
    rows = CustomerMerge._base_manager.filter(winner__in=access.visible(Customer, user), pk=pk)
    return rows.select_related("winner", "loser").first()


def customers_to_merge() -> QuerySet[Customer]:
    """Customers with what the merge page shows of them."""
    return Customer.objects.select_related("owner", "region", "industry", "parent")


def belongings(winner: Customer, loser: Customer) -> list[tuple[str, int, int]]:
    """How much of each kind belongs to two customers: (words, to the one kept, to the other)."""
    found = []
    for relation in RELATIONS.values():
        rows = relation.model._base_manager.filter(**{f"{relation.field}__in": [winner.pk, loser.pk]})
        counts = dict(rows.order_by().values_list(relation.field).annotate(n=Count("pk")))
        if counts:
            words = str(relation.model._meta.verbose_name_plural)
            found.append((words, counts.get(winner.pk, 0), counts.get(loser.pk, 0)))
    return found
