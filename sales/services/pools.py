"""Pools themselves: made, set up, and who belongs to them."""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.models import Customer
from crm.core.locks import hold
from crm.core.writes import RuleBroken, check_version, lock, only, save_versioned
from crm.events.actor import Actor
from crm.events.recording import record_event, recording
from crm.identity import services as identity
from crm.identity.models import RolePolicy, Scope, Team, User
from crm.identity.queries import descendants
from sales.events.pools import POOL_CREATED, POOL_DELETED, POOL_UPDATED
from sales.models import Lead, Pool

EDITABLE = (
    "takes_leads", "takes_customers", "everyone", "claims_a_day", "holding_cap", "cool_down_days", "claims_of_one",
    "claims_of_one_days", "claim_protection_days", "own_protection_days", "extension_days",
)  # fmt: skip
SELLING = (Scope.OWN, Scope.TEAM, Scope.BELOW)


@transaction.atomic
def create_pool(
    name: str,
    *,
    serves: Team | None = None,
    is_default: bool = False,
    members: Iterable[User] = (),
    actor: Actor,
    **values: Any,
) -> Pool:
    """Open a pool for a team and everything below it, or for the whole company."""
    only(EDITABLE, values)
    team = identity.create_team(name, parent=serves, kind=Team.Kind.POOL, actor=actor)
    pool = Pool(team=team, is_default=is_default, **values)
    _check(pool)
    pool.save(force_insert=True)
    record_event(POOL_CREATED, pool, actor=actor, payload={"name": team.name})
    _set_members(pool, members, actor)
    return pool


@transaction.atomic
def update_pool(
    pool: Pool,
    *,
    actor: Actor,
    expected: int | None = None,
    name: str | None = None,
    serves: Any = ...,
    members: Iterable[User] | None = None,
    **values: Any,
) -> Pool:
    """Change what a pool takes, whom it serves, its limits or its members; limits hold from the next claim on."""
    only(EDITABLE, values)
    pool = lock(pool)
    check_version(pool, expected)
    placed: dict[str, object] = {}
    if name is not None and name.strip() != pool.team.name:
        placed["name"] = name
    if serves is not ... and serves != pool.team.parent:
        placed["parent"] = serves
    if placed:
        pool.team = identity.update_team(pool.team, actor=actor, **placed)
    with recording(POOL_UPDATED, pool, actor=actor):
        for field, value in values.items():
            setattr(pool, field, value)
        _check(pool)
        save_versioned(pool, list(values))
    _set_members(pool, identity.pool_members(pool.team) if members is None else members, actor)
    return pool


@transaction.atomic
def delete_pool(pool: Pool, *, actor: Actor) -> None:
    """Close an empty pool; the one for everything else stays."""
    pool = lock(pool)
    if pool.is_default:
        raise RuleBroken(_("This pool takes what no other does and stays."))
    if any(model._base_manager.filter(team=pool.team).exists() for model in (Lead, Customer)):
        raise RuleBroken(_("Something still lies in this pool. Transfer it first."))
    team = pool.team
    identity.set_pool_members(team, [], actor=actor)
    record_event(POOL_DELETED, pool, actor=actor, payload={"name": team.name})
    pool.delete()
    identity.delete_team(team, actor=actor)


def default_pool(*, actor: Actor) -> Pool:
    """The pool for what no other takes; the first one who needs it opens it, with all salespeople as members."""
    with transaction.atomic():
        found = Pool.objects.filter(is_default=True).select_related("team").first()
        if found is None:
            hold("default-pool")
            found = Pool.objects.filter(is_default=True).select_related("team").first()
        return found or create_pool(_("Public pool"), is_default=True, actor=actor)


@transaction.atomic
def refresh_members(*, actor: Actor) -> None:
    """Let pools that all salespeople belong to follow who has joined, left, moved or got another role."""
    for pool in Pool.objects.filter(everyone=True).select_related("team__parent"):
        _set_members(pool, (), actor)


def sellers(pool: Pool) -> models.QuerySet[User]:
    """The people a pool serves whose role adds and edits what it takes, within a scope of their own or their team's."""
    rows = User._base_manager.filter(is_active=True)
    if pool.team.parent is not None:
        rows = rows.filter(team__in=descendants(pool.team.parent))
    for model, takes in ((Lead, pool.takes_leads), (Customer, pool.takes_customers)):
        if takes:
            selling = RolePolicy._base_manager.filter(
                model=model._meta.label_lower, verbs__contains=["add", "change"], scope__in=SELLING
            )
            rows = rows.filter(role__in=selling.values("role"))
    return rows


def _set_members(pool: Pool, members: Iterable[User], actor: Actor) -> None:
    identity.set_pool_members(pool.team, sellers(pool) if pool.everyone else members, actor=actor)


def _check(pool: Pool) -> None:
    if not pool.takes_leads and not pool.takes_customers:
        raise RuleBroken(_("A pool takes leads, customers or both."), field="takes_leads")
    if pool.is_default and not (pool.takes_leads and pool.takes_customers):
        raise RuleBroken(_("This pool takes what no other does: leads and customers."), field="takes_leads")
    if pool.claims_of_one < 1:
        raise RuleBroken(_("Enter at least 1."), field="claims_of_one")
