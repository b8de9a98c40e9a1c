"""Taking records out of a pool: by claim, within every limit, however many try at once."""

import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.clock import company_today
from crm.core.locks import hold
from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.identity import services as identity
from crm.identity.access import has_verb
from crm.identity.events import RECORD_CLAIMED
from crm.identity.models import User
from sales.models import Pool, PoolReason, PoolStay, Protection
from sales.queries.pools import kind_of, limits_of, pool_of, refusal
from sales.rules import pool as rules


@transaction.atomic
def claim(record: Any, *, user: User, actor: Actor) -> Any:
    """Take a lead or customer out of its pool for oneself (领取): one winner, and never beyond a limit.

    Claims of one person come one after the other, so that their limits are counted; the record's row decides between
    several people. Raises `PermissionDenied` for who is no member of the pool.
    """
    hold(f"claims-of:{user.pk}")
    record = lock(record)
    pool = pool_of(record)
    if pool is None or record.deleted_at is not None:
        raise RuleBroken(_owned_words(record), code="conflict")
    if not may_claim(user, type(record), pool):
        raise PermissionDenied
    limits = limits_of(user, pool, kind_of(type(record)))
    if reason := refusal(record, pool, user, limits):
        raise RuleBroken(_refused(reason, pool), code=reason)
    team, payload = user.team, {"pool": str(pool)}
    identity.assign([record], owner=user, team=team, actor=actor, event=RECORD_CLAIMED, payload=payload)
    if not left_pool(type(record), [record.pk], taken_by=user, way=PoolStay.Way.CLAIMED):
        _note_claim(record, pool, user)
    protect(record, days=pool.claim_protection_days)
    return type(record)._base_manager.get(pk=record.pk)


def claim_as_actor(record: Any, *, actor: Actor) -> Any:
    """A claim for whoever acts: what a list's verb calls."""
    return claim(record, user=User._base_manager.get(pk=actor.user_id), actor=actor)


def may_claim(user: User, model: type[Any], pool: Pool) -> bool:
    """Whether somebody may claim this kind of record from a pool: as its member, if they edit such records at all."""
    return has_verb(user, "change", model) and identity.is_pool_member(pool.pk, user)


def _note_claim(record: Any, pool: Pool, user: User) -> None:
    """A record that came into the pool by another door, such as an undone transfer, counts like every other."""
    since, now = record.owner_since or record.created_at, timezone.now()
    PoolStay(
        **{kind_of(type(record)): record},
        pool=pool,
        reason=PoolReason.NOBODY,
        entered_at=since,
        left_at=now,
        taken_by=user,
        way=PoolStay.Way.CLAIMED,
    ).save()


def left_pool(model: type[Any], ids: list[int], *, taken_by: User | None, way: str) -> int:
    """Note that records have left their pool, whoever took them out and how; returns how many stays ended."""
    path = kind_of(model)
    stays = PoolStay._base_manager.filter(**{f"{path}__in": ids}, left_at__isnull=True)
    return stays.update(left_at=timezone.now(), taken_by=taken_by, way=way)


def protect(record: Any, *, days: int) -> None:
    """Keep a record with its new owner for some days (保护期)."""
    about = {kind_of(type(record)): record}
    if not days:
        Protection._base_manager.filter(**about).delete()
        return
    until = company_today() + datetime.timedelta(days=days)
    values = {"until": until, "is_locked": False, "extended_on": None, "note": "", "by_name": ""}
    Protection._base_manager.update_or_create(**about, defaults=values)


def _owned_words(record: Any) -> str:
    if record.owner_id is None:
        return _("%(name)s lies in no pool.") % {"name": record}
    return _("%(name)s belongs to %(owner)s already.") % {"name": record, "owner": record.owner}


def _refused(reason: str, pool: Pool) -> str:
    if reason == rules.LIMIT_A_DAY:
        return _("You have claimed %(count)d today, as many as a day allows. Go on tomorrow.") % {
            "count": pool.claims_a_day
        }
    if reason == rules.CAP:
        return _("You own %(count)d already, the most there may be. Give some back first.") % {
            "count": pool.holding_cap
        }
    if reason == rules.COOLING:
        return _("It was yours until lately: for %(count)d days others go first.") % {
            "count": pool.cool_down_days
        }
    return _("You have claimed it %(count)d times within %(days)d days. Let somebody else try.") % {
        "count": pool.claims_of_one,
        "days": pool.claims_of_one_days,
    }
