"""Which pool takes what, what lies there, and how much somebody may still claim; whose rows they are says `access`."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from crm.core.clock import company_day, company_midnight, company_today
from crm.identity import access
from crm.identity.models import Team, TeamUserGrant, User
from sales.models import Lead, Pool, PoolKind, PoolStay
from sales.models.lead import OPEN
from sales.rules import pool as rules

MODELS: dict[str, type[models.Model]] = {PoolKind.LEAD: Lead, PoolKind.CUSTOMER: Customer}
POOLED = Q(owner__isnull=True, team__kind=Team.Kind.POOL)


def kind_of(model: type[models.Model]) -> str:
    """How a pool calls a kind of record: leads or customers."""
    return PoolKind.LEAD if issubclass(model, Lead) else PoolKind.CUSTOMER


def pool_list() -> models.QuerySet[Pool]:
    """All pools with the teams they lie in and serve, in the order of the organisation."""
    return Pool.objects.select_related("team", "team__parent")


def pool_of(record: Any) -> Pool | None:
    """The pool a record lies in now, if it lies in one."""
    if record.owner_id is not None or record.team_id is None:
        return None
    return pool_list().filter(pk=record.team_id).first()


def pools_of(user: User) -> models.QuerySet[Pool]:
    """The pools somebody may claim from."""
    member = TeamUserGrant._base_manager.filter(user=user, source=TeamUserGrant.Source.POOL)
    return pool_list().filter(team__in=member.values("content_object"))


class PoolMap:
    """Which pool takes the records of each team: the one that serves the nearest team above, else the default one."""

    def __init__(self, kind: str) -> None:
        self.pools = [pool for pool in pool_list() if pool.takes(kind) and pool.team.is_active]
        self.default = next((pool for pool in self.pools if pool.is_default), None)
        self.parents = dict(Team._base_manager.values_list("pk", "parent_id"))
        serving = [pool for pool in self.pools if not pool.is_default]
        self.by_team = {pool.team.parent_id: pool for pool in reversed(serving)}

    def of(self, team_id: int | None) -> Pool | None:
        """The pool that takes what a team holds."""
        seen: set[int] = set()
        while team_id is not None and team_id not in seen:
            if team_id in self.by_team:
                return self.by_team[team_id]
            seen.add(team_id)
            team_id = self.parents.get(team_id)
        return self.by_team.get(None) or self.default

    def takes(self, pool: Pool) -> Q:
        """The records whose team a pool serves."""
        mine = [team for team in self.parents if self.of(team) == pool]
        found = Q(team_id__in=mine)
        return found | Q(team__isnull=True) if self.of(None) == pool else found


def pooled_leads() -> models.QuerySet[Lead]:
    """Open leads in pools, with what the columns of the list read."""
    rows = Lead.objects.filter(OPEN, POOLED)
    return rows.select_related("industry", "region", "team", "previous_owner")


def pooled_customers() -> models.QuerySet[Customer]:
    """Customers in pools, with what the columns of the list read."""
    rows = Customer.objects.filter(POOLED)
    return rows.select_related("industry", "region", "team", "previous_owner")


def with_reason(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """The rows with why they lie in the pool."""
    path = kind_of(rows.model)
    stay = PoolStay._base_manager.filter(**{path: models.OuterRef("pk")}, left_at__isnull=True)
    return rows.annotate(pool_reason=models.Subquery(stay.values("reason")[:1]))


def stays_of(record: Any, limit: int = 20) -> list[PoolStay]:
    """Who had a record before and why they let it go, the latest first."""
    rows = PoolStay._base_manager.filter(**{kind_of(type(record)): record})
    return list(rows.select_related("pool__team", "from_user", "taken_by")[:limit])


@dataclass(frozen=True)
class Limits:
    """What somebody may still claim of one kind of record: today's claims and what they own against the pool's limits."""

    today: int
    daily: int
    holding: int
    cap: int

    @property
    def left_today(self) -> int:
        return max(0, self.daily - self.today)

    @property
    def left_by_cap(self) -> int:
        return max(0, self.cap - self.holding)

    @property
    def free(self) -> int:
        return rules.free_claims(holding=self.holding, cap=self.cap, today=self.today, daily=self.daily)


def held_q(kind: str) -> Q:
    """What counts as held: open leads, and customers without a deal."""
    return OPEN if kind == PoolKind.LEAD else Q(deleted_at__isnull=True, first_deal_at__isnull=True)


def limits_of(user: User, pool: Pool, kind: str) -> Limits:
    """How far somebody is from a pool's limits now; two counts over narrow indexes."""
    today = claimed_since(user, pool, company_midnight(company_today()))
    holding = MODELS[kind]._base_manager.filter(held_q(kind), owner=user).count()
    return Limits(today, pool.claims_a_day, holding, pool.holding_cap)


def claimed_since(user: User, pool: Pool, since: datetime.datetime) -> int:
    """How many records of any kind somebody has claimed from a pool since a moment."""
    claims = PoolStay._base_manager.filter(taken_by=user, way=PoolStay.Way.CLAIMED, left_at__gte=since)
    return claims.filter(pool=pool).count()


def refusal(record: Any, pool: Pool, user: User, limits: Limits) -> str:
    """Why somebody may not claim a record of the pool now (a key of `rules.pool`), or nothing."""
    today = company_today()
    stays = PoolStay._base_manager.filter(**{kind_of(type(record)): record})
    released = (
        stays.filter(from_user=user).order_by("-entered_at").values_list("entered_at", flat=True).first()
    )
    since = company_midnight(today - datetime.timedelta(days=pool.claims_of_one_days))
    own = stays.filter(taken_by=user, way=PoolStay.Way.CLAIMED, left_at__gte=since)
    return rules.claim_refusal(
        today,
        left_today=limits.left_today,
        left_by_cap=limits.left_by_cap,
        released_on=company_day(released) if released else None,
        own_claims=[company_day(at) for at in own.values_list("left_at", flat=True)],
        cool_down=pool.cool_down_days,
        most_of_one=pool.claims_of_one,
        of_one_days=pool.claims_of_one_days,
    )


@dataclass(frozen=True)
class PoolRow:
    """A pool as somebody sees it: what lies there, and how much they may still claim."""

    pool: Pool
    leads: int
    customers: int
    is_member: bool
    limits: Limits | None

    @property
    def wide(self) -> bool:
        """Whether both kinds of record lie there."""
        return self.pool.takes_leads and self.pool.takes_customers


def pool_overview(user: User) -> list[PoolRow]:
    """The pools somebody sees with what lies in each; limits are those of what the person holds most of."""
    mine = set(pools_of(user).values_list("pk", flat=True))
    counts = {
        kind: dict(
            access.narrow(rows.select_related(None), user)
            .order_by()
            .values_list("team_id")
            .annotate(n=models.Count("pk"))
        )
        for kind, rows in ((PoolKind.LEAD, pooled_leads()), (PoolKind.CUSTOMER, pooled_customers()))
    }
    found = []
    for pool in pool_list():
        leads, customers = (counts[kind].get(pool.pk, 0) for kind in (PoolKind.LEAD, PoolKind.CUSTOMER))
        if pool.pk not in mine and not leads and not customers and not access.is_administrator(user):
            continue
        kinds = [kind for kind in PoolKind.values if pool.takes(kind)]
        limits = [limits_of(user, pool, kind) for kind in kinds] if pool.pk in mine else []
        tightest = min(limits, key=lambda one: (one.free, -one.holding), default=None)
        found.append(PoolRow(pool, leads, customers, pool.pk in mine, tightest))
    return found
