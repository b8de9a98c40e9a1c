"""Somebody leaves: what they hold goes to colleagues, in one transaction with the end of their access."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.apps import apps
from django.db import models, transaction

from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.events import USER_HANDED_OVER
from crm.identity.models import HandOver, HandOverItem, Team, User
from crm.identity.ownership import OwnedModel
from crm.identity.policies import Owned
from crm.identity.services.assignment import assign
from crm.identity.services.teams import update_team
from crm.identity.services.users import deactivate_user, update_user

Narrow = Callable[[models.QuerySet], models.QuerySet]
Heirs = Mapping[str, Sequence[User]]
CHUNK = 1000


class Follow(Protocol):
    """What an app does after records of its own changed hands."""

    def __call__(self, ids: Sequence[int], *, owner: User | None, actor: Actor) -> object: ...


# Apps that own records say here which of them are still to be worked on (the others keep the person who did them),
# and what has to follow a new owner, or that there is none.
_open_records: dict[type[models.Model], Narrow] = {}
_following: dict[type[models.Model], Follow] = {}


def hands_over(model: type[models.Model], open_records: Narrow, *, following: Follow | None = None) -> None:
    """Declare, from an app's `hooks.py`, which of somebody's records move on when they leave, and what goes with them."""
    _open_records[model] = open_records
    if following is not None:
        _following[model] = following


def held_by(user: User) -> list[models.QuerySet]:
    """For each kind of record with an owner, those of the person that somebody else has to take over; wholes before parts."""
    return [
        queryset
        for model in sorted(_owned_models(), key=lambda model: bool(_whole_of(model)))
        if (queryset := _open(model, model._default_manager.filter(owner=user))).exists()
    ]


@dataclass
class Part:
    """What becomes of one kind of record: for each taker (None: nobody for now) the ids of their share."""

    model: type[models.Model]
    shares: dict[User | None, list[int]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(len(ids) for ids in self.shares.values())


def plan_hand_over(user: User, heirs: Heirs, *, default: Sequence[User] = ()) -> list[Part]:
    """Who would take what: per kind of record (`app.model`) one colleague, several in turn, or nobody.

    Parts of a record that moves along (the follow-ups of a customer) go to whoever takes the whole.
    """
    parts: list[Part] = []
    taker_of: dict[tuple[type[models.Model], int], User | None] = {}
    for queryset in held_by(user):
        model = queryset.model
        takers: list[User | None] = [*heirs.get(model._meta.label_lower, default)] or [None]
        path, whole = _whole_of(model) or ("", None)
        rows = queryset.order_by("pk").values_list("pk", f"{path}_id" if path else "pk")
        part, turn = Part(model), 0
        for pk, whole_id in rows:
            if whole is not None and (whole, whole_id) in taker_of:
                taker = taker_of[whole, whole_id]
            else:
                taker, turn = takers[turn % len(takers)], turn + 1
            taker_of[model, pk] = taker
            part.shares.setdefault(taker, []).append(pk)
        parts.append(part)
    return parts


@transaction.atomic
def hand_over(user: User, heirs: Heirs, *, actor: Actor, default: Sequence[User] = ()) -> HandOver:
    """Move what a person holds as planned, and write the list of it; teams they led have no leader for now."""
    made = HandOver._base_manager.create(user=user, by_name=actor.name)
    counts: dict[str, int] = {}
    for part in plan_hand_over(user, heirs, default=default):
        label = part.model._meta.label_lower
        for taker, ids in part.shares.items():
            _list(made, part.model, ids, taker)
            changed = assign(part.model._base_manager.filter(pk__in=ids), owner=taker, actor=actor)
            if part.model in _following:
                _following[part.model](changed, owner=taker, actor=actor)
            counts[label] = counts.get(label, 0) + len(changed)
    for team in Team._base_manager.filter(leader=user):
        update_team(team, leader=None, actor=actor)
        _list(made, Team, [team.pk], None)
    record_event(USER_HANDED_OVER, user, actor=actor, payload={"list": made.pk, **counts})
    return made


@transaction.atomic
def leave(user: User, heirs: Heirs, *, actor: Actor, default: Sequence[User] = ()) -> HandOver:
    """Hand over everything and end the person's access; both or neither."""
    made = hand_over(user, heirs, actor=actor, default=default)
    successor = next((takers[0] for takers in [*heirs.values(), default] if takers), None)
    deactivate_user(user, successor=successor, actor=actor)
    return made


def _list(made: HandOver, model: type[models.Model], ids: Sequence[int], taker: User | None) -> None:
    """Write the lines of the list; a part is named with its whole, as its own words say little on paper."""
    whole = _whole_of(model)
    for start in range(0, len(ids), CHUNK):
        rows = model._base_manager.filter(pk__in=ids[start : start + CHUNK]).order_by("pk")
        rows = rows.select_related(whole[0]) if whole else rows
        HandOverItem._base_manager.bulk_create(
            HandOverItem(
                hand_over=made,
                model=model._meta.label_lower,
                record_id=str(row.pk),
                text=_words(row, whole[0] if whole else "")[:200],
                taker_name=str(taker or "")[:100],
            )
            for row in rows
        )


def _words(row: models.Model, whole: str) -> str:
    held = getattr(row, whole) if whole else None
    return f"{held} · {row}" if held else str(row)


def _owned_models() -> Iterator[type[models.Model]]:
    for model in apps.get_models():
        if issubclass(model, OwnedModel):
            yield model


def _whole_of(model: type[models.Model]) -> tuple[str, type[models.Model]] | None:
    """The field and the kind of the owned record that a record is part of (a follow-up's customer), if there is one."""
    policy = getattr(model, "access", None)
    if not isinstance(policy, Owned) or not policy.also_via:
        return None
    whole = model._meta.get_field(policy.also_via).related_model
    return (policy.also_via, whole) if isinstance(whole, type) and issubclass(whole, OwnedModel) else None


def _open(model: type[models.Model], rows: models.QuerySet) -> models.QuerySet:
    narrow = _open_records.get(model)
    return narrow(rows) if narrow else rows


@transaction.atomic
def change_person(user: User, *, records_follow: bool = True, actor: Actor, **values: object) -> User:
    """Change a person; when the team changes, what they hold in the old one follows into the new one or stays."""
    before = User._base_manager.values_list("team_id", flat=True).get(pk=user.pk)
    user = update_user(user, actor=actor, **values)
    if records_follow and user.team is not None and user.team_id != before:
        for queryset in held_by(user):
            assign(queryset.filter(team=before), owner=user, team=user.team, actor=actor)
    return user
