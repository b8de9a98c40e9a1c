"""How far the period's target is reached, beside the board: of the person, the team and the pipeline it is narrowed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from crm.identity.access import has_verb
from crm.identity.models import User
from crm.listing.selection import BadQuery
from reports.asked import ask
from reports.declare import Table
from reports.declared.forecast import FORECAST
from reports.models import Quota
from reports.rules.periods import Period
from reports.rules.targets import gap
from sales.models import Pipeline


@dataclass(frozen=True)
class Target:
    """A period's target with what was won, committed and hoped for of it, and what even that leaves open."""

    period: Period
    quota: Decimal
    closed: Decimal
    commit: Decimal
    best: Decimal
    attainment: Decimal | None
    table: Table

    @property
    def missing(self) -> Decimal:
        return gap(self.quota, self.closed + self.commit + self.best) or Decimal(0)

    def widths(self) -> list[tuple[str, float, float]]:
        """The parts of the bar: colour, where each begins and how wide it is, in per cent of the target."""
        found, at = [], 0.0
        for colour, value in (("ok", self.closed), ("brand", self.commit), ("tint", self.best)):
            width = min(100.0 - at, 100 * float(value / self.quota))
            found.append((colour, round(at, 2), round(width, 2)))
            at += width
        return found


def target_address(user: User, query: QueryDict, pipeline: Pipeline) -> Mapping[str, Any] | None:
    """Where the board finds its target, narrowed as it is itself; nothing for who may read no targets or no sums."""
    if not FORECAST.offered(user) or not has_verb(user, "view", Quota):
        return None
    narrowed: dict[str, Any] = {"pipeline": pipeline.pk}
    for name in ("owner", "team"):
        values = query.getlist(name)
        if len(values) > 1 or values == ["none"]:  # of several people or nobody there is no one target
            return None
        narrowed |= {name: str(user.pk) if values == ["me"] else values[0]} if values else {}
    return {"target_url": f"{reverse('board_target')}?{urlencode(narrowed)}"}


def target_of(user: User, query: QueryDict) -> Target | None:
    """This quarter's target of what is asked for, and how far it is reached; None where no target is set."""
    given = {name: query[name] for name in ("owner", "team", "pipeline") if query.get(name)}
    if not FORECAST.offered(user):
        return None
    try:
        asked = ask(FORECAST, user, given)
    except BadQuery:
        return None
    table = FORECAST.build(asked)
    sums = table.totals
    if not sums["quota"]:
        return None
    return Target(
        asked["period"], sums["quota"], sums["closed"], sums["commit_open"], sums["best_open"], sums["attainment"], table
    )  # fmt: skip
