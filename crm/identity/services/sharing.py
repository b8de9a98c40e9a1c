"""Explicit grants on single records: collaborators, temporary cover, shares with a team."""

import datetime
from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.events import RECORD_SHARED, RECORD_UNSHARED
from crm.identity.models import Team, User
from crm.identity.shares import grant_models

LEVELS = ("read", "edit")


@transaction.atomic
def share(
    record: models.Model,
    *,
    user: User | None = None,
    team: Team | None = None,
    level: str = "read",
    expires_at: datetime.datetime | None = None,
    actor: Actor,
) -> None:
    """Let one colleague or one team read or edit a record, for good or until a time; replaces an earlier share."""
    if (user is None) == (team is None):
        raise RuleBroken(_("Choose a colleague or a team."), field="user")
    if level not in LEVELS:
        raise RuleBroken(_("Choose reading or editing."), field="level")
    if expires_at is not None and expires_at <= timezone.now():
        raise RuleBroken(_("The end lies in the past."), field="expires_at")
    if user is not None and not user.is_active:
        raise RuleBroken(_("%(name)s has left. Choose somebody else.") % {"name": user}, field="user")
    lock(record)  # two shares with the same person come one after the other
    _withdraw(record, user, team)
    table, holder = _table(type(record), user, team)
    for permission in _permissions(type(record), level):
        table._base_manager.create(
            **holder,
            permission=permission,
            content_object=record,
            expires_at=expires_at,
            granted_by_id=actor.user_id,
        )
    payload = {
        "with": str(user or team),
        "level": level,
        "until": expires_at.isoformat() if expires_at else None,
    }
    payload |= {"user_id": user.pk} if user else {"team_id": team.pk if team else None}
    record_event(RECORD_SHARED, record, actor=actor, payload=payload)


@transaction.atomic
def unshare(
    record: models.Model, *, user: User | None = None, team: Team | None = None, actor: Actor
) -> bool:
    """Withdraw a share; returns whether there was one."""
    if not _withdraw(record, user, team):
        return False
    record_event(RECORD_UNSHARED, record, actor=actor, payload={"with": str(user or team)})
    return True


def grant_readers(model: type[models.Model], ids: Iterable[int], user: User, *, actor: Actor) -> None:
    """Keep somebody as a reading collaborator of many records at once (set-based)."""
    tables = grant_models(model)
    if tables is None:
        return
    table = tables[0]
    for permission in _permissions(model, "read"):
        table._base_manager.bulk_create(
            [
                table(user=user, permission=permission, content_object_id=pk, granted_by_id=actor.user_id)
                for pk in ids
            ],
            ignore_conflicts=True,
        )


def remove_expired_grants() -> int:
    """Delete grants that ran out (they already count for nothing); returns how many."""
    from crm.identity.models.grant import Expiring

    removed = 0
    for table in Expiring.__subclasses__():
        concrete = table.__subclasses__() if table._meta.abstract else [table]
        for model in concrete:
            removed += model._base_manager.filter(expires_at__lte=timezone.now()).delete()[0]
    return removed


def _withdraw(record: models.Model, user: User | None, team: Team | None) -> int:
    table, holder = _table(type(record), user, team)
    return table._base_manager.filter(content_object=record, **holder).delete()[0]


def _table(
    model: type[models.Model], user: User | None, team: Team | None
) -> tuple[type[models.Model], dict]:
    tables = grant_models(model)
    if tables is None:
        raise RuleBroken(_("Records of this kind cannot be shared."))
    return (tables[0], {"user": user}) if user else (tables[1], {"group": team.group if team else None})


def _permissions(model: type[models.Model], level: str) -> models.QuerySet[Permission]:
    verbs = ["view"] if level == "read" else ["view", "change"]
    return Permission.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        codename__in=[f"{verb}_{model._meta.model_name}" for verb in verbs],
    )
