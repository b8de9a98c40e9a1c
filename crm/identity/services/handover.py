"""Somebody leaves: what they own goes to colleagues, in one transaction with the end of their access."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from django.apps import apps
from django.db import models, transaction

from crm.events.actor import Actor
from crm.identity.models import User
from crm.identity.ownership import OwnedModel
from crm.identity.services.assignment import assign
from crm.identity.services.users import deactivate_user, update_user

Narrow = Callable[[models.QuerySet], models.QuerySet]
Follow = Callable[[Sequence[int]], object]

# Apps that own records say here which of them are still to be worked on (the others keep the person who did them),
# and what has to follow a new owner.
_open_records: dict[type[models.Model], Narrow] = {}
_following: dict[type[models.Model], Follow] = {}


def hands_over(model: type[models.Model], open_records: Narrow, *, following: Follow | None = None) -> None:
    """Declare, from an app's `hooks.py`, which of somebody's records move on when they leave, and what goes with them."""
    _open_records[model] = open_records
    if following is not None:
        _following[model] = following


def held_by(user: User) -> list[models.QuerySet]:
    """For each kind of record with an owner, those of the person that somebody else has to take over."""
    return [
        queryset
        for model in _owned_models()
        if (queryset := _open(model, model._base_manager.filter(owner=user))).exists()
    ]


@transaction.atomic
def hand_over(
    user: User, heirs: Mapping[str, Sequence[User]], *, actor: Actor, default: Sequence[User] = ()
) -> dict[str, int]:
    """Move what a person holds: per kind of record (`app.model`) to one colleague, to several in turn, or to nobody.

    Returns how many records of each kind moved.
    """
    moved: dict[str, int] = {}
    for queryset in held_by(user):
        label = queryset.model._meta.label_lower
        takers = list(heirs.get(label, default))
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        count = 0
        for position, taker in enumerate(takers or [None]):
            share = ids[position :: max(len(takers), 1)]
            rows = queryset.model._base_manager.filter(pk__in=share)
            changed = assign(rows, owner=taker, actor=actor)
            if queryset.model in _following:
                _following[queryset.model](changed)
            count += len(changed)
        moved[label] = count
    return moved


@transaction.atomic
def leave(
    user: User,
    heirs: Mapping[str, Sequence[User]],
    *,
    actor: Actor,
    default: Sequence[User] = (),
) -> dict[str, int]:
    """Hand over everything and end the person's access; both or neither."""
    moved = hand_over(user, heirs, actor=actor, default=default)
    successor = next((takers[0] for takers in [*heirs.values(), default] if takers), None)
    deactivate_user(user, successor=successor, actor=actor)
    return moved


def _owned_models() -> Iterator[type[models.Model]]:
    for model in apps.get_models():
        if issubclass(model, OwnedModel):
            yield model


def _open(model: type[models.Model], rows: models.QuerySet) -> models.QuerySet:
    if any(f.name == "deleted_at" for f in model._meta.concrete_fields):
        rows = rows.filter(deleted_at__isnull=True)
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
