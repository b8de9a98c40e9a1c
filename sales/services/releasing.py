"""Records on their way into a pool: given back by hand, taken by a rule, left behind by who went."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Activity, Customer
from accounts.models.activity import OPEN as PLANNED
from accounts.services.activity_bulk import followed
from accounts.services.customer_dates import sync_records
from crm.core.sets import insert_rows
from crm.core.text import tidy
from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.identity import services as identity
from crm.identity.events import RECORD_RETURNED
from crm.identity.shares import grant_models
from sales.models import Lead, Pool, PoolReason, PoolStay, Protection
from sales.models.choices import RETURN_REASONS
from sales.queries.pools import PoolMap, held_q, kind_of
from sales.services.cadence_ends import note_pooled
from sales.services.pools import default_pool


@transaction.atomic
def return_to_pool(record: Any, *, reason: str, note: str = "", actor: Actor) -> Any:
    """Give a lead or customer back to the pool (退回) with the reason why; deal customers stay with their owner."""
    record = lock(record)
    note = tidy(note)[:200]
    if reason not in dict(RETURN_REASONS):
        raise RuleBroken(_("Say why you give it back."), field="reason")
    if reason == PoolReason.OTHER and not note:
        raise RuleBroken(_("Say in a few words why."), field="note")
    _may_go(record)
    kind = kind_of(type(record))
    pool = PoolMap(kind).of(record.team_id) or default_pool(actor=actor)
    if not pool.takes(kind):
        raise RuleBroken(_("No pool takes this kind of record."), code="no_pool")
    put_in_pool(type(record), [record.pk], pool, reason=reason, note=note, event=RECORD_RETURNED, actor=actor)
    return type(record)._base_manager.get(pk=record.pk)


def _may_go(record: Any) -> None:
    if record.deleted_at is not None:
        raise RuleBroken(_("%(name)s lies in the bin.") % {"name": record}, code="deleted")
    if record.owner_id is None:
        raise RuleBroken(_("%(name)s belongs to nobody.") % {"name": record}, code="conflict")
    if isinstance(record, Lead) and not record.is_open:
        raise RuleBroken(_("Only open leads go back to the pool."), code="closed")
    if isinstance(record, Customer) and record.is_deal:
        raise RuleBroken(
            _("%(name)s has had a deal and stays with its owner.") % {"name": record}, code="deal_customer"
        )


@transaction.atomic
def put_in_pool(
    model: type[Any],
    ids: Iterable[int],
    pool: Pool,
    *,
    reason: str,
    note: str = "",
    event: EventType,
    actor: Actor,
) -> list[int]:
    """Move records into a pool, set-based: no owner, no collaborators, nothing planned, no cadence; history and who had it stay.

    Returns the ids that moved; what lies there already stays as it is.
    """
    rows = list(
        model._base_manager.select_for_update(of=("self",))
        .filter(pk__in=list(ids))
        .exclude(owner__isnull=True, team=pool.team_id)
        .order_by("pk")
        .values_list("pk", "owner_id")
    )
    return put_locked(model, rows, pool, reason=reason, note=note, event=event, actor=actor)


def put_locked(
    model: type[Any],
    rows: Sequence[tuple[int, int | None]],
    pool: Pool,
    *,
    reason: str,
    note: str = "",
    event: EventType,
    actor: Actor,
) -> list[int]:
    """The same with rows that the caller has locked, none of which lies in the pool: their ids, each with its owner."""
    moved = [pk for pk, _owner in rows]
    if not moved:
        return []
    payload = {"pool": str(pool), "reason": reason, "note": note}
    owned = [pk for pk, owner in rows if owner is not None]
    identity.assign(
        model._base_manager.filter(pk__in=moved),
        owner=None,
        team=pool.team,
        actor=actor,
        event=event,
        payload=payload,
    )
    _note_stays(model, dict(rows), pool, reason, note)
    Protection._base_manager.filter(**{f"{kind_of(model)}__in": moved}).delete()
    _withdraw_shares(model, moved)
    note_pooled(model, moved)
    _cancel_plans(model, owned, actor)
    return moved


def _note_stays(
    model: type[Any], owners: Mapping[int, int | None], pool: Pool, reason: str, note: str
) -> None:
    path, now = kind_of(model), timezone.now()
    PoolStay._base_manager.filter(**{f"{path}__in": [*owners]}, left_at__isnull=True).update(
        left_at=now, way=PoolStay.Way.ASSIGNED
    )
    insert_rows(
        PoolStay,
        [
            {
                "pool_id": pool.pk,
                f"{path}_id": pk,
                "from_user_id": owner,
                "reason": reason,
                "note": note,
                "entered_at": now,
            }
            for pk, owner in owners.items()
        ],
    )


def _withdraw_shares(model: type[models.Model], ids: list[int]) -> None:
    """Nobody it was shared with reads it any longer: in the pool all members are alike."""
    for table in grant_models(model) or ():
        table._base_manager.filter(content_object__in=ids).delete()


def _cancel_plans(model: type[Any], ids: list[int], actor: Actor) -> None:
    """What the previous owners still had planned with these records is nobody's any more."""
    if issubclass(model, Customer):
        plans = Activity._base_manager.filter(PLANNED, customer__in=ids)
        plans = plans.filter(owner=F("customer__previous_owner"))
    else:
        kind = ContentType.objects.get_for_model(model)
        plans = Activity._base_manager.filter(PLANNED, record_type=kind, record_id__in=ids)
    found = list(plans.order_by("pk").values_list("pk", "record_id"))
    if not found:
        return
    followed([pk for pk, _record in found], owner=None, actor=actor)
    if not issubclass(model, Customer):
        sync_records(model, {record for _pk, record in found})


@transaction.atomic
def leave_to_pool(model: type[Any], ids: Iterable[int], *, actor: Actor) -> None:
    """Put records whose owner left, and that nobody took over, into the pools that serve their teams.

    Deal customers belong to no pool: they wait where they are for a colleague.
    """
    kind = kind_of(model)
    pools = PoolMap(kind)
    going: dict[Pool, list[int]] = {}
    rows = model._base_manager.filter(held_q(kind), pk__in=list(ids), owner__isnull=True)
    for pk, team_id in rows.values_list("pk", "team_id"):
        pool = pools.of(team_id)
        if pool is None:
            pool = pools.default = default_pool(actor=actor)
        going.setdefault(pool, []).append(pk)
    for pool, found in going.items():
        previous = dict(model._base_manager.filter(pk__in=found).values_list("pk", "previous_owner"))
        put_in_pool(model, found, pool, reason=PoolReason.OWNER_LEFT, event=RECORD_RETURNED, actor=actor)
        _note_from(model, previous)


def _note_from(model: type[Any], previous: Mapping[int, int | None]) -> None:
    """The stay names who had it, although the record had lost its owner by then."""
    path = kind_of(model)
    by_user: dict[int | None, list[int]] = {}
    for pk, user in previous.items():
        by_user.setdefault(user, []).append(pk)
    for user, ids in by_user.items():
        stays = PoolStay._base_manager.filter(**{f"{path}__in": ids}, left_at__isnull=True)
        stays.update(from_user=user)


def end_stay(model: type[Any], pk: int, *, taken_by_id: int, at: datetime.datetime) -> None:
    """A record was given to somebody straight out of its pool."""
    if not model._base_manager.filter(pk=pk, owner__isnull=False).exists():
        return
    stays = PoolStay._base_manager.filter(**{kind_of(model): pk}, left_at__isnull=True, entered_at__lte=at)
    stays.update(left_at=at, taken_by_id=taken_by_id, way=PoolStay.Way.ASSIGNED)
