"""What sales contributes to the pages of records."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from crm.identity import access
from sales import services
from sales.models import Acceptance, Lead, Pool, Protection
from sales.queries.pools import kind_of, pool_of, stays_of

STAYS_SHOWN = 5


def pool_panel(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """A record and the pool: for those who work with pools, and only on records that can lie in one."""
    user, kind = request.user, kind_of(type(record))
    if not access.has_verb(user, "view", Pool):
        return None
    pool = pool_of(record)
    closed = not record.is_open if isinstance(record, Lead) else record.is_deal
    stays = stays_of(record, STAYS_SHOWN)
    if closed and not stays:
        return None
    owned = record.owner_id is not None and not closed
    routes = {"claim": "claim", "back": "return", "extend": "protect", "lock": "lock"}
    waiting = (
        record.assignments.filter(state=Acceptance.WAITING, user=user).first()
        if isinstance(record, Lead)
        else None
    )
    return {
        "waiting": waiting if owned and record.owner_id == user.pk else None,
        "record": record,
        "pool": pool,
        "stays": stays,
        "may_claim": pool is not None and services.may_claim(user, type(record), pool),
        "may_return": owned and access.may(user, "transfer", record),
        "may_keep": owned and services.may_keep(user, record),
        "protection": Protection._base_manager.filter(**{kind: record}).first(),
        "urls": {name: reverse(f"{kind}_{route}", args=[record.pk]) for name, route in routes.items()},
    }
