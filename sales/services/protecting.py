"""Keeping a record with its owner: extended once by a manager, or locked for good."""

import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.core.clock import company_today
from crm.core.text import tidy
from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity import access
from crm.identity.models import Scope, User
from sales.events.pools import PROTECTION_EXTENDED, RECORD_LOCKED, RECORD_UNLOCKED
from sales.models import Protection
from sales.queries.pools import PoolMap, kind_of


@transaction.atomic
def extend_protection(record: Any, *, until: datetime.date, note: str = "", actor: Actor) -> Protection:
    """Keep an owned record with its owner until a day, once; whoever disposes of it approves by doing so."""
    protection = _protection(record)
    pool = PoolMap(kind_of(type(record))).of(record.team_id)
    longest = pool.extension_days if pool else 0
    today = company_today()
    if protection.extended_on is not None:
        raise RuleBroken(_("Protection is extended once, and was already."), field="until")
    if not today < until <= today + datetime.timedelta(days=longest):
        raise RuleBroken(
            _("Choose a day within the next %(count)d days.") % {"count": longest}, field="until"
        )
    protection.until, protection.extended_on = until, today
    _save(protection, note, actor)
    record_event(PROTECTION_EXTENDED, record, actor=actor, payload={"until": until.isoformat()})
    return protection


@transaction.atomic
def lock_to_owner(record: Any, *, note: str = "", actor: Actor) -> Protection:
    """Lock a record to its owner (锁定): no rule takes it until it is unlocked."""
    protection = _protection(record)
    protection.is_locked = True
    _save(protection, note, actor)
    record_event(RECORD_LOCKED, record, actor=actor, payload={"note": protection.note})
    return protection


@transaction.atomic
def unlock_from_owner(record: Any, *, actor: Actor) -> None:
    """Let the rules take a record again."""
    protection = _protection(record)
    if not protection.is_locked:
        return
    protection.is_locked = False
    if protection.until is None:
        protection.delete()
    else:
        _save(protection, protection.note, actor)
    record_event(RECORD_UNLOCKED, record, actor=actor)


def _protection(record: Any) -> Protection:
    record = lock(record)
    if record.owner_id is None:
        raise RuleBroken(_("%(name)s belongs to nobody.") % {"name": record}, code="conflict")
    about = {kind_of(type(record)): record}
    return Protection._base_manager.filter(**about).first() or Protection(**about)


def _save(protection: Protection, note: str, actor: Actor) -> None:
    protection.note, protection.by_name = tidy(note)[:200], actor.name
    protection.save()


def may_keep(user: User, record: Any) -> bool:
    """Whether somebody decides that a record stays with its owner: who disposes of it and does not own it alone."""
    if not access.may(user, "transfer", record):
        return False
    model = type(record)
    if access.scope_of(model, user) == Scope.ALL:
        return True
    return record.team_id in access.team_ids_of(user, model, "transfer")
