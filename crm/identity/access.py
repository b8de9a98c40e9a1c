"""Who sees what and may do what: decided here and nowhere else.

Two questions are kept apart. The *verb* (view, change, export, …) is a Django permission held through the role's
group. The *rows* it reaches follow from the role's data scope, from guardian permissions on teams, and from guardian
rows on single records that were shared. List, count, search, autocomplete, export, bulk verb, API, notification and
Django admin all ask this module.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import models
from django.db.models import Case, Q, Value, When
from django.http import Http404

from crm.core.writes import SoftDeletable, wholes
from crm.identity.fields import shield
from crm.identity.held import covered_ids, role_policies, team_reach
from crm.identity.models.role import Role, Scope
from crm.identity.policies import About, Everyone, Owned, PartOf, Policy, Private, Via
from crm.identity.shares import ASSIGN, CHANGE, VIEW, shared_ids

if TYPE_CHECKING:
    from crm.identity.models import User

M = TypeVar("M", bound=models.Model)

# What a verb asks of a row: to be seen, to be edited (by an editing collaborator too), or to be disposed of.
LEVELS = {
    "change": CHANGE,
    "correct": CHANGE,
    "import": CHANGE,
    "delete": ASSIGN,
    "transfer": ASSIGN,
    "share": ASSIGN,
    "merge": ASSIGN,
}
# What one may do only to what one wrote oneself, where the policy names writers; correcting takes the verb "change".
OF_WRITERS = ("correct", "delete")
VERB_OF = {"correct": "change"}
ADDING = ("change", "comment")  # who may do one of these to a record may add a part to it, such as a file

NOTHING = Q(pk__in=[])
EVERYTHING = Q()


# --- Questions the rest of the code asks ------------------------------------------------------------------------


def visible(model: type[M], user: User, action: str = "view") -> models.QuerySet[M]:
    """The records on which the user may do the action: what every list, count and choice starts from."""
    return narrow(model._default_manager.all(), user, action)


def narrow(rows: models.QuerySet[M], user: User, action: str = "view") -> models.QuerySet[M]:
    """Of prepared rows those on which the user may do the action: `visible` for a queryset that joins and filters."""
    if not has_verb(user, action, rows.model):
        return rows.none()
    return rows.filter(_within(rows.model, user, action))


def narrow_joined(rows: models.QuerySet[M], user: User) -> models.QuerySet[M]:
    """The same rows as `narrow`, asked of the parent by a join: a list walks its order and looks at few parents.

    Not for locking: a join may be an outer one.
    """
    pieces = _pieces(rows.model, user, VIEW) if has_verb(user, VIEW, rows.model) else None
    return narrow(rows, user) if pieces is None else rows.filter(any_of(pieces.folded))


def branches(model: type[models.Model], user: User, action: str = "view") -> list[Q] | None:
    """The overlapping pieces of a narrow scope (own, each team, shared), or None where the scope is broad.

    A list page orders and limits each piece by its own index and joins them, which is much faster than one OR.
    What is reached through a parent has the parent's pieces.
    """
    pieces = scope_pieces(model, user, action)
    return None if pieces is None else pieces.all


def scope_pieces(model: type[models.Model], user: User, action: str = "view") -> Pieces | None:
    """The same pieces, those the table itself answers apart from those asked of parents."""
    policy = policy_of(model)
    if not isinstance(policy, Owned | Via):
        return None
    if not has_verb(user, action, model):
        return Pieces([NOTHING], [NOTHING], [])
    pieces = _pieces(model, user, _level(action))
    written = _written(policy, user, action)
    if pieces is None or not written:
        return pieces
    return Pieces(*([one & written for one in part] for part in pieces))


def get_visible_or_404(
    model: type[M], user: User, pk: Any, action: str = "view", queryset: models.QuerySet[M] | None = None
) -> M:
    """The record, if the user may do the action on it.

    One that is hidden or absent raises `Http404` (the two cannot be told apart); one that is visible but closed to
    the action raises `PermissionDenied`. It comes without what the person's field rights keep from them.
    """
    seen = visible(model, user)
    try:
        if queryset is not None:
            # Asked apart: all that a page reads beside its record takes long to write and to plan.
            if not seen.filter(pk=pk).exists():
                raise Http404
            seen = queryset
        record = seen.get(pk=pk)
    except (model.DoesNotExist, ValueError, TypeError, OverflowError) as error:
        raise Http404 from error
    if action != "view":
        authorize(user, action, record)
    shield(user, [record])
    return record


def may(user: User, action: str, record: models.Model) -> bool:
    """Whether the user may do the action on this one record: the same rule as `visible`."""
    model = type(record)
    if not has_verb(user, action, model):
        return False
    return model._default_manager.filter(_within(model, user, action), pk=record.pk).exists()


def allowed(user: User, record: models.Model, actions: Iterable[str]) -> set[str]:
    """Those of the actions the user may do on this one record: `may` for several at the price of one."""
    model = type(record)
    held = sorted({action for action in actions if has_verb(user, action, model)})
    if not held:
        return set()
    rules = (_within(model, user, action) for action in held)
    answers = (Case(When(Q(pk__isnull=False) & rule, then=True), default=False) for rule in rules)
    row = model._default_manager.filter(pk=record.pk).values_list(*answers).first()
    return {action for action, yes in zip(held, row or (), strict=bool(row)) if yes}


def may_add_to(user: User, record: models.Model) -> bool:
    """Whether the user may add a part, such as a file, to the record: who changes it or comments on it."""
    return bool(allowed(user, record, ADDING))


def noting(rows: models.QuerySet[M], user: User, action: str, name: str) -> models.QuerySet[M]:
    """The rows, each with whether the user may do the action on it: `may` for a page of records at no further price."""
    if not has_verb(user, action, rows.model):
        return rows.annotate(**{name: Value(False)})
    rule = Q(pk__isnull=False) & _within(rows.model, user, action)
    return rows.annotate(**{name: Case(When(rule, then=True), default=False)})


def authorize(user: User, action: str, record: models.Model) -> None:
    """Raise `PermissionDenied` unless the user may do the action on the record."""
    if not may(user, action, record):
        raise PermissionDenied


def has_verb(user: User, verb: str, model: type[models.Model]) -> bool:
    """Whether the user's role has the verb for this kind of record at all."""
    if not user.is_active or user.pk is None:
        return False
    policy = policy_of(model)
    if isinstance(policy, Private):
        return True
    if isinstance(policy, PartOf):
        verbs = ADDING if verb == "add" else ("view",) if verb in ("view", "delete") else ("change",)
        return any(has_verb(user, one, _parent(model, policy)) for one in verbs)
    meta = model._meta
    return user.has_perm(f"{meta.app_label}.{VERB_OF.get(verb, verb)}_{meta.model_name}")


def require_verb(user: User, verb: str, model: type[models.Model]) -> None:
    """Raise `PermissionDenied` unless the user's role has the verb for this kind of record."""
    if not has_verb(user, verb, model):
        raise PermissionDenied


def is_administrator(user: User) -> bool:
    """Whether somebody manages people, rights and the company's settings."""
    return has_verb(user, "change", Role)


def policy_of(model: type[models.Model]) -> Policy:
    """The model's declared way of being reached; a model that declares none is a programming error."""
    policy = getattr(model, "access", None)
    if not isinstance(policy, Owned | Via | Everyone | Private):
        raise ImproperlyConfigured(f"{model._meta.label} does not declare `access`")
    return policy


def scope_of(model: type[models.Model], user: User) -> str:
    """The role's data scope for this kind of record; without a policy it is the user's own records."""
    if user.is_superuser:
        return Scope.ALL
    policy = role_policies(user).get(model._meta.label_lower)
    return policy.scope if policy else Scope.OWN


def team_ids_of(user: User, model: type[models.Model], action: str = "view") -> set[int]:
    """The teams whose records of this kind the user's action reaches (not those of a scope over everything)."""
    return set(_reach(model, user, _level(action)).team_ids)


def reached_teams(user: User, action: str, model: type[models.Model]) -> frozenset[int] | None:
    """The teams for whose people somebody may do the action, also where there is no record yet; None for all of them."""
    reach = _reach(model, user, _level(action)) if has_verb(user, action, model) else Reach()
    return None if reach.everything else reach.team_ids


def reaches_team(user: User, action: str, model: type[models.Model], team_id: int | None) -> bool:
    """Whether somebody may do the action for the people of one team."""
    teams = reached_teams(user, action, model)
    return teams is None or team_id in teams


def hushed_pools(user: User, model: type[models.Model]) -> frozenset[int]:
    """The pools whose records of this kind somebody sees but does not dispose of: how to reach those whom they describe
    stays covered until somebody claims them. Who sees a kind by a role that reaches further is bound by field rights."""
    if user.is_superuser or not isinstance(policy_of(model), Owned):
        return frozenset()
    if scope_of(model, user) in (Scope.ALL, Scope.DEALS):
        return frozenset()
    pools = team_reach(user).pools
    return pools - _reach(model, user, ASSIGN).team_ids if pools else pools


# --- The rule itself ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reach:
    """How far a role reaches for one kind of record at one level."""

    everything: bool = False
    deals_only: bool = False
    team_ids: frozenset[int] = frozenset()
    via_parents: bool = True


class Pieces(NamedTuple):
    """A narrow scope as overlapping conditions: what the table itself answers, piece by piece and as one, and what is
    asked of parents."""

    held: list[Q]
    one: list[Q]
    lifted: list[Q]

    @property
    def all(self) -> list[Q]:
        return self.held + self.lifted

    @property
    def folded(self) -> list[Q]:
        """The pieces with those of the table itself in one."""
        return self.one + self.lifted


def _level(action: str) -> str:
    return LEVELS.get(action, VIEW)


def _within(model: type[models.Model], user: User, action: str) -> Q:
    """The rows of the model on which the user may do the action, whatever the verbs."""
    policy = policy_of(model)
    if isinstance(policy, PartOf) and action == "delete":
        return _removable(model, policy, user)
    return _rows(model, user, _level(action)) & _written(policy, user, action)


def _parent(model: type[models.Model], policy: PartOf) -> type[models.Model]:
    """The kind of record that parts of this kind belong to."""
    return model._meta.get_field(policy.fields[0]).related_model  # type: ignore[return-value]


def _removable(model: type[models.Model], policy: PartOf, user: User) -> Q:
    """The parts the user may remove: those added by themselves, and those of records they may change or correct."""
    (path,) = policy.fields
    parent = _parent(model, policy)
    rows = Q(**{policy.author: user.pk}) & _through(model, path, user, VIEW)
    above = policy_of(parent)
    verb = "correct" if isinstance(above, Owned) and above.writers else "change"
    if has_verb(user, verb, parent):
        rows |= Q(**{f"{path}__in": parent._default_manager.filter(_within(parent, user, verb)).values("pk")})
    return rows


def _written(policy: Policy, user: User, action: str) -> Q:
    """The rows on which their writers, or all but their owner, may do the action; for other kinds and actions all."""
    if isinstance(policy, Owned) and policy.set_by_others and _level(action) != VIEW:
        return ~Q(**{f"{policy.owner}_id": user.pk})
    if not isinstance(policy, Owned) or not policy.writers or action not in OF_WRITERS:
        return EVERYTHING
    return any_of(Q(**{f"{name}_id": user.pk}) for name in policy.writers)


def _rows(model: type[models.Model], user: User, level: str) -> Q:
    """The rows of the model within the user's reach at a level, whatever the verbs."""
    policy = policy_of(model)
    if isinstance(policy, Everyone):
        return EVERYTHING
    if isinstance(policy, Private):
        return _private_rows(policy, user, level)
    if isinstance(policy, Via):
        return reduce(or_, (_through(model, path, user, level) for path in policy.fields))
    return _owned_rows(model, policy, user, level)


def _pieces(model: type[models.Model], user: User, level: str) -> Pieces | None:
    """What `_rows` says as conditions that overlap, parents by join; None where the scope is broad.

    Remembered with the person for the request: what belongs to customers asks for those of customers, kind by kind.
    """
    known = user.__dict__.setdefault("_crm_pieces", {})
    if (model, level) not in known:
        known[model, level] = _pieces_of(model, user, level)
    return known[model, level]


def _pieces_of(model: type[models.Model], user: User, level: str) -> Pieces | None:
    policy, held, one = policy_of(model), [], []
    if isinstance(policy, Via):
        parents = policy.fields
    elif isinstance(policy, Owned):
        reach = _reach(model, user, level)
        if reach.everything or reach.deals_only:
            return None
        held = [Q(**{f"{policy.owner}_id": pk}) for pk in _owners(policy, user, level)]
        held += [Q(**{f"{policy.team}_id": pk}) for pk in sorted(reach.team_ids)]
        if shared := shared_ids(model, user, level):
            held.append(Q(pk__in=shared))
        one = [any_of(_by_column(model, policy, user, level, reach))]
        parents = (policy.also_via,) if policy.also_via and reach.via_parents and level == VIEW else ()
    else:
        return None
    lifted = []
    for path in parents:
        by_parent = _lifted(model, path, user, level)
        if by_parent is None:
            return None
        lifted.append(by_parent)
    if isinstance(policy, Owned) and policy.also_about and reach.via_parents and level == VIEW:
        about = _about(policy.also_about, user, level)
        lifted += [] if about == NOTHING else [about]
    return Pieces(held, one, lifted)


def _lifted(model: type[models.Model], path: str, user: User, level: str) -> Q | None:
    """What shows a parent as one condition on the child; over a link table a subquery, which keeps the row single.

    One, because a person who owns nothing would have a piece without a row: the planner expects an owner to have
    some, and would walk the whole table to find them.
    """
    if "__" in path:
        return _through(model, path, user, level)
    parent = model._meta.get_field(path).related_model
    assert isinstance(parent, type)
    pieces = _pieces(parent, user, level)
    return None if pieces is None else _prefixed(any_of(pieces.folded), path) & _alive(parent, path)


def _alive(parent: type[models.Model], path: str) -> Q:
    """What its manager says of a parent, by join: it lies outside the bin, and so does what it goes with."""
    above = [f"{path}__{whole}__" for whole in wholes(parent)]
    own = [f"{path}__"] if issubclass(parent, SoftDeletable) else []
    return Q(**{f"{one}deleted_at__isnull": True for one in own + above})


def _prefixed(condition: Q, path: str) -> Q:
    """The condition asked of the record at the end of a path."""
    children = [
        _prefixed(child, path) if isinstance(child, Q) else (f"{path}__{child[0]}", child[1])
        for child in condition.children
    ]
    return Q(*children, _connector=condition.connector, _negated=condition.negated)


def _private_rows(policy: Private, user: User, level: str) -> Q:
    rows = Q(**{policy.user: user.pk})
    if policy.audience and level == VIEW:
        rows |= Q(**{policy.audience: "all"})
        if user.team_id:
            rows |= Q(**{policy.audience: "team", f"{policy.user}__team": user.team_id})
    return rows


def _owned_rows(model: type[models.Model], policy: Owned, user: User, level: str) -> Q:
    reach = _reach(model, user, level)
    if reach.everything:
        return EVERYTHING
    if reach.deals_only:  # a hard filter: sharing cannot widen it
        if policy.deal_date:
            return Q(**{f"{policy.deal_date}__isnull": False})
        return _through(model, policy.also_via, user, level) if policy.also_via else NOTHING
    rows = any_of(_by_column(model, policy, user, level, reach))
    if policy.also_via and reach.via_parents and level == VIEW:  # a parent shows it, only its owner edits it
        rows |= _shown_by(model, policy.also_via, user, level)
    if policy.also_about and reach.via_parents and level == VIEW:
        rows |= _about(policy.also_about, user, level)
    return rows


def _by_column(model: type[models.Model], policy: Owned, user: User, level: str, reach: Reach) -> list[Q]:
    """One's own rows, those of the teams within reach, and those shared with one: a condition for each column."""
    owners = _owners(policy, user, level)
    rows = [
        Q(**{f"{policy.owner}_id": user.pk} if owners == [user.pk] else {f"{policy.owner}_id__in": owners})
    ]
    if reach.team_ids:
        rows.append(Q(**{f"{policy.team}_id__in": sorted(reach.team_ids)}))
    if shared := shared_ids(model, user, level):
        rows.append(Q(pk__in=shared))
    return rows


def _shown_by(model: type[models.Model], path: str, user: User, level: str) -> Q:
    """Rows of somebody else that a parent shows, as one piece of several.

    There the database gathers all parents within reach. Column by column their ids stand in an index: with one condition
    over several columns it would read the rows of a region's customers to sum up its deals.
    """
    parent: type[models.Model] = model._meta.get_field(path).related_model  # type: ignore[assignment]
    policy, reach = policy_of(parent), _reach(parent, user, level)
    if (
        not isinstance(policy, Owned)
        or policy.also_via
        or policy.also_about
        or reach.everything
        or reach.deals_only
    ):
        return _through(model, path, user, level)
    pieces = _by_column(parent, policy, user, level, reach)
    first, *rest = (parent._default_manager.filter(one).values("pk") for one in pieces)
    return Q(**{f"{path}__in": first.union(*rest, all=True) if rest else first})


def _about(about: About, user: User, level: str) -> Q:
    """Rows whose loose reference leads to a record within reach; kinds the role has nothing to do with lead nowhere."""
    found = NOTHING
    for parent in about.kinds():
        if not has_verb(user, level, parent):
            continue
        parents = parent._default_manager.filter(_rows(parent, user, level)).values("pk")
        kind = ContentType.objects.get_for_model(parent)
        found |= Q(**{f"{about.field}_type": kind.pk, f"{about.field}_id__in": parents})
    return found


def _owners(policy: Owned, user: User, level: str) -> list[int]:
    """Whose records are somebody's own: their own, and to see and edit those of colleagues they cover for today."""
    if policy.set_by_others and level != VIEW:
        return []
    return [user.pk] if level == ASSIGN else [user.pk, *covered_ids(user)]


def _through(model: type[models.Model], path: str, user: User, level: str) -> Q:
    """Rows whose parent (a foreign key, or a path over a link table) is within reach."""
    parent: type[models.Model] = model
    for step in path.split("__"):
        parent = parent._meta.get_field(step).related_model  # type: ignore[assignment]
    rows = _rows(parent, user, level)
    if rows == EVERYTHING and "__" not in path:
        # What belongs to a record in the bin is gone with it; a manager that knows has said so already.
        alive = EVERYTHING if path in wholes(model) else _alive(parent, path)
        return Q(**{f"{path}__isnull": False}) & alive
    parents = parent._default_manager.filter(rows).values("pk")
    if "__" in path:  # over a link table: a subquery keeps the row single
        first, rest = path.split("__", 1)
        link = model._meta.get_field(first).related_model
        back = model._meta.get_field(first).field.attname
        return Q(pk__in=link._base_manager.filter(**{f"{rest}__in": parents}).values(back))
    return Q(**{f"{path}__in": parents})


def _reach(model: type[models.Model], user: User, level: str) -> Reach:
    scope = scope_of(model, user)
    if scope == Scope.ALL:
        return Reach(everything=True)
    if scope == Scope.DEALS:
        return Reach(deals_only=True)
    by_role, by_hand = team_reach(user).by_level[level]
    teams = set(by_hand)
    if scope == Scope.BELOW:
        teams |= by_role
    elif scope == Scope.TEAM:
        teams |= by_role & {user.team_id}
    return Reach(team_ids=frozenset(teams), via_parents=scope != Scope.ASSIGNED)


def any_of(pieces: Iterable[Q]) -> Q:
    """One condition out of the pieces of `branches`."""
    found = list(pieces)
    return reduce(or_, found) if found else NOTHING
