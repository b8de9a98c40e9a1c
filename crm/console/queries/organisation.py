"""Reading the organisation: the tree with its numbers, the people of a team, and how far somebody sees."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction
from django.db.models import Count

from crm.console.rights import SCOPE_HELP
from crm.events.actor import system
from crm.identity import services
from crm.identity.access import has_verb, scope_of, visible
from crm.identity.models import Scope, Team, TeamUserGrant, User
from crm.identity.queries import descendants
from crm.listing.registry import page_of_key
from crm.records.sound import heard_q


@dataclass
class TeamNode:
    """One team of the tree with how many people it and the teams below it have."""

    team: Team
    own: int = 0
    total: int = 0
    depth: int = 0
    open: bool = False
    children: list["TeamNode"] = field(default_factory=list)


def team_tree(open_at: Team | None = None, q: str = "") -> list[TeamNode]:
    """The whole tree with its numbers, unfolded down to one team, or to every team whose name matches."""
    people = dict(
        User._base_manager.filter(is_active=True, team__isnull=False)
        .order_by()
        .values("team")
        .annotate(n=Count("pk"))
        .values_list("team", "n")
    )
    nodes = {
        team.pk: TeamNode(team, own=people.get(team.pk, 0))
        for team in Team.objects.departments().order_by("position", "name")
    }
    roots: list[TeamNode] = []
    for node in nodes.values():
        parent = nodes.get(node.team.parent_id or 0)
        (parent.children if parent else roots).append(node)
    for root in roots:
        _add_up(root, 0)
    wanted = {open_at.pk} if open_at else set()
    if q:
        wanted |= {pk for pk, node in nodes.items() if q.casefold() in node.team.name.casefold()}
    for pk in wanted:
        node: TeamNode | None = nodes.get(pk)
        while node is not None:
            node.open = True
            node = nodes.get(node.team.parent_id or 0)
    return roots


def _add_up(node: TeamNode, depth: int) -> int:
    node.depth = depth
    node.open = depth < 2
    node.total = node.own + sum(_add_up(child, depth + 1) for child in node.children)
    return node.total


def members_of(team: Team | None, *, q: str = "", former: bool = False) -> models.QuerySet[User]:
    """The people of a team and of those below it (everybody without a team), the leader first."""
    rows = User._base_manager.select_related("role", "team").filter(is_active=not former)
    if team is not None and not q and not former:
        rows = rows.filter(team__in=descendants(team))
    if q:
        rows = rows.filter(
            models.Q(name__icontains=q)
            | models.Q(username__icontains=q)
            | models.Q(phone__contains=q)
            | models.Q(email__icontains=q)
            | models.Q(name_sort__icontains=q)
            | (heard_q("name_sort", q, indexed=False) or models.Q(pk__in=[]))
        )
    return rows.order_by("team__position", "team__name", "name_sort")


def customer_model() -> type[models.Model] | None:
    """The kind of record the organisation's numbers are about, where the app that has it is installed."""
    page = page_of_key("customer")
    return page.model if page else None


def customer_counts(users: Iterable[User]) -> dict[int, int]:
    """How many customers each of the people owns; one query."""
    model = customer_model()
    if model is None:
        return {}
    rows = model._default_manager.filter(owner__in=[user.pk for user in users])
    return dict(rows.order_by().values("owner").annotate(n=Count("pk")).values_list("owner", "n"))


@dataclass(frozen=True)
class Reach:
    """How many customers somebody sees, and how many of them are their own."""

    total: int
    own: int

    @property
    def others(self) -> int:
        return self.total - self.own


def reach_of(user: User) -> Reach | None:
    """How many customers a person sees as things stand; None where there are no customers in this installation."""
    model = customer_model()
    if model is None:
        return None
    seen = visible(model, user)
    return Reach(seen.count(), seen.filter(owner=user).count())


def preview(user: User, **changes: Any) -> dict[str, Any]:
    """What a person would see with another role or team: tried out and taken back."""
    with transaction.atomic():
        changed = services.update_user(User._base_manager.get(pk=user.pk), actor=system("preview"), **changes)
        tried = User._base_manager.get(pk=changed.pk)
        found = {"reach": reach_of(tried), "scopes": scope_cards(tried), "role": tried.role}
        transaction.set_rollback(True)
    return found


def scope_cards(user: User) -> list[dict[str, Any]]:
    """The scopes there are for customers, with the one the person's role has marked."""
    current = _scope(user)
    return [
        {"label": scope.label, "help": SCOPE_HELP[scope], "current": scope == current}
        for scope in Scope
        if current and (scope == current or scope in (Scope.OWN, Scope.TEAM, Scope.BELOW, Scope.ALL))
    ]


def customer_scope(user: User) -> str:
    """In one word how far somebody's role reaches for customers."""
    current = _scope(user)
    return str(current.label) if current else ""


def _scope(user: User) -> Scope | None:
    """How far somebody's role reaches for customers; None for those whose role does not see them at all."""
    model = customer_model()
    if model is None or not has_verb(user, "view", model):
        return None
    return Scope(scope_of(model, user))


def held_kinds(user: User) -> list[dict[str, Any]]:
    """What somebody who leaves has to hand over: per kind of record its name and how many."""
    return [
        {
            "label": rows.model._meta.label_lower,
            "name": rows.model._meta.verbose_name_plural,
            "count": rows.count(),
        }
        for rows in services.held_by(user)
    ]


def grants_by_hand(user: User) -> models.QuerySet[TeamUserGrant]:
    """The teams whose records somebody works with because an administrator said so."""
    rows = TeamUserGrant._base_manager.filter(user=user, source=TeamUserGrant.Source.MANUAL)
    return rows.select_related("content_object", "permission")
