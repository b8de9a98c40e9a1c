"""What a person holds: the policies of the role, permissions on teams, colleagues covered for. It comes with the person
(`queries.with_policies`) or is read once a request; `crm.identity.access` decides by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from crm.identity.models.cover import Cover
from crm.identity.models.grant import TEAM_GRANT, TeamUserGrant, team_grants
from crm.identity.models.role import RolePolicy
from crm.identity.models.team import Team
from crm.identity.shares import ASSIGN, CHANGE, VIEW

if TYPE_CHECKING:
    from crm.identity.models import User

TEAM_PERMISSION = {VIEW: "view_records", CHANGE: "change_records", ASSIGN: "assign_records"}
REMEMBERED = (
    "_crm_policies",
    "held_policies",
    "_crm_fields",
    "held_fields",
    "_crm_covered",
    "held_covers",
    "_crm_teams",
    "held_teams",
    "_crm_shares",
    "_crm_pieces",
    "_perm_cache",
    "held_verbs",
    "_user_perm_cache",
    "_group_perm_cache",
)


class TeamReach(NamedTuple):
    """The teams a person has permissions on: at each level through the role, and as their leader or given by hand."""

    by_level: dict[str, tuple[set[int], set[int]]]
    pools: frozenset[int]  # those among them that are pools


def role_policies(user: User) -> dict[str, RolePolicy]:
    """How far the person's role reaches, by kind of record."""
    if "_crm_policies" not in user.__dict__:
        held = getattr(user, "held_policies", None)
        if held is not None:  # came with the person
            rows: Iterable[RolePolicy] = [RolePolicy(**one) for one in held]
        else:
            rows = RolePolicy._base_manager.filter(role=user.role_id) if user.role_id else ()
        user.__dict__["_crm_policies"] = {p.model: p for p in rows}
    return user.__dict__["_crm_policies"]


def team_reach(user: User) -> TeamReach:
    """The person's permissions on teams."""
    if "_crm_teams" not in user.__dict__:
        held = getattr(user, "held_teams", None)
        if held is None:  # they did not come with the person
            held = [one for rows in team_grants(user.pk) for one in rows.values("source", **TEAM_GRANT)]
        found: dict[str, tuple[set[int], set[int]]] = {
            verb: (set(), set()) for verb in TEAM_PERMISSION.values()
        }
        for one in held:
            if one["verb"] in found:
                found[one["verb"]][one["source"] != TeamUserGrant.Source.ROLE].add(one["team"])
        by_level = {level: found[verb] for level, verb in TEAM_PERMISSION.items()}
        pools = frozenset(one["team"] for one in held if one["kind"] == Team.Kind.POOL)
        user.__dict__["_crm_teams"] = TeamReach(by_level, pools)
    return user.__dict__["_crm_teams"]


def covered_ids(user: User) -> list[int]:
    """The colleagues somebody covers for today; they came with the person, or are read once a request."""
    if "_crm_covered" not in user.__dict__:
        held = getattr(user, "held_covers", None)
        if held is None:
            ids = Cover.objects.running().filter(by=user.pk).values_list("user_id", flat=True)
        else:
            ids = [row["id"] for row in held]
        user.__dict__["_crm_covered"] = sorted(set(ids))
    return user.__dict__["_crm_covered"]


def forget(user: User) -> None:
    """Drop what was remembered of a user's rights during this request, after they changed."""
    for name in REMEMBERED:
        for holder in (user, getattr(user, "_wrapped", user)):  # a request's user comes wrapped
            getattr(holder, "__dict__", {}).pop(name, None)
