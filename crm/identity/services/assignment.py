"""The one writer that moves ownership."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.sets import update_rows
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.catalogue import EventType
from crm.events.recording import EventRow, record_events
from crm.identity.events import RECORD_TEAM_CHANGED, RECORD_TRANSFERRED
from crm.identity.models import Team, User
from crm.identity.ownership import OwnedModel
from crm.identity.services.sharing import grant_readers


@transaction.atomic
def assign(
    records: models.QuerySet | Iterable[OwnedModel],
    *,
    owner: User | None,
    team: Team | None = None,
    actor: Actor,
    keep_reader: bool = False,
    event: EventType = RECORD_TRANSFERRED,
    payload: Mapping[str, object] | None = None,
) -> list[int]:
    """Give records of one kind to another owner (or to nobody), placing them in the owner's team unless one is named.

    Set-based; returns the ids that changed hands. With `keep_reader` the previous owner stays as a reading
    collaborator. `event` names what happened where it is more than a transfer. The caller has authorised each.
    """
    if owner is not None and not owner.is_active:
        raise RuleBroken(_("%(name)s has left. Choose somebody else.") % {"name": owner}, field="owner")
    queryset = _as_queryset(records)
    if queryset is None:
        return []
    model = queryset.model
    team_id = team.pk if team else owner.team_id if owner else None
    rows = list(
        model._base_manager.select_for_update(of=("self",))
        .filter(
            pk__in=queryset.values("pk") if isinstance(records, models.QuerySet) else [r.pk for r in records]
        )
        .order_by("pk")
        .values_list("pk", "owner_id", "team_id")
    )
    owner_id = owner.pk if owner else None
    new_team = {pk: team_id if owner or team else old for pk, _o, old in rows}
    moved = [
        (pk, old_owner, old) for pk, old_owner, old in rows if old_owner != owner_id or new_team[pk] != old
    ]
    if not moved:
        return []
    _move(model, moved, owner_id, team_id if owner or team else None)
    given = [(pk, old_owner, owner) for pk, old_owner, _old in moved if old_owner != owner_id]
    _record(model, given, actor, event, payload or {})
    _record_team(model, [row for row in moved if row[1] == owner_id], team_id, actor)
    if keep_reader:
        for old_owner, ids in _by_owner(moved, owner_id).items():
            grant_readers(model, ids, User._base_manager.get(pk=old_owner), actor=actor)
    return [pk for pk, _owner, _team in moved]


def _as_queryset(records: models.QuerySet | Iterable[OwnedModel]) -> models.QuerySet | None:
    if isinstance(records, models.QuerySet):
        return records
    records = list(records)
    return type(records[0])._base_manager.filter(pk__in=[r.pk for r in records]) if records else None


def _move(
    model: type[models.Model],
    moved: list[tuple[int, int | None, int | None]],
    owner_id: int | None,
    team_id: int | None,
) -> None:
    now = timezone.now()
    values: dict[str, object] = {"owner_id": owner_id}
    if owner_id or team_id:
        values["team_id"] = team_id
    names = {f.name for f in model._meta.concrete_fields}
    if "updated_at" in names:
        values["updated_at"] = now
    if "version" in names:
        values["version"] = models.F("version") + 1
    changing = [pk for pk, owner, _team in moved if owner != owner_id]
    staying = [pk for pk, owner, _team in moved if owner == owner_id]
    if changing:
        model._base_manager.filter(pk__in=changing).update(
            **values, previous_owner_id=models.F("owner_id"), owner_since=now
        )
    if staying:
        model._base_manager.filter(pk__in=staying).update(**values)


@transaction.atomic
def assign_each(
    model: type[OwnedModel],
    owners: Mapping[int, User],
    *,
    actor: Actor,
    event: EventType = RECORD_TRANSFERRED,
    payloads: Mapping[int, Mapping[str, object]] | None = None,
) -> list[int]:
    """Give each of the records, by id, to an owner of its own, in that owner's team; a constant number of statements.

    Returns the ids that changed hands. The caller has authorised each.
    """
    held = model._base_manager.select_for_update(of=("self",)).filter(pk__in=owners).order_by("pk")
    rows = [(pk, old, owners[pk]) for pk, old in held.values_list("pk", "owner_id") if old != owners[pk].pk]
    now = timezone.now().isoformat()
    update_rows(
        model,
        {
            pk: {
                "owner_id": owner.pk,
                "team_id": owner.team_id,
                "previous_owner_id": old,
                "owner_since": now,
            }
            for pk, old, owner in rows
        },
    )
    _record(model, rows, actor, event, {}, payloads)
    return [pk for pk, _old, _owner in rows]


def _record(
    model: type[models.Model],
    given: list[tuple[int, int | None, User | None]],
    actor: Actor,
    event: EventType,
    payload: Mapping[str, object],
    payloads: Mapping[int, Mapping[str, object]] | None = None,
) -> None:
    """Write who gave which record to whom: (id, previous owner, new owner)."""
    names = dict(User._base_manager.filter(pk__in={o for _pk, o, _n in given if o}).values_list("pk", "name"))
    before = {pk: {"id": pk, "label": name} for pk, name in names.items()}
    after = {owner.pk: {"id": owner.pk, "label": str(owner)} for _pk, _o, owner in given if owner}
    record_events(
        event,
        [
            EventRow(
                model,
                pk,
                changes={
                    "owner": [before.get(old) if old else None, after[owner.pk] if owner else None],
                },
                payload={
                    "from": names.get(old, "") if old else "",
                    "to": str(owner) if owner else "",
                    "to_id": owner.pk if owner else None,
                    **payload,
                    **(payloads or {}).get(pk, {}),
                },
            )
            for pk, old, owner in given
        ],
        actor=actor,
    )


def _record_team(
    model: type[models.Model],
    moved: list[tuple[int, int | None, int | None]],
    team_id: int | None,
    actor: Actor,
) -> None:
    """The owner stays, the team does not: a person changed teams and took their records along."""
    ids = {old for _pk, _owner, old in moved if old} | {team_id}
    names = dict(Team._base_manager.filter(pk__in=ids).values_list("pk", "name"))

    def team(pk: int | None) -> dict[str, object] | None:
        return {"id": pk, "label": names.get(pk, "")} if pk else None

    record_events(
        RECORD_TEAM_CHANGED,
        [
            EventRow(
                model,
                pk,
                changes={"team": [team(old), team(team_id)]},
                payload={"to": names.get(team_id, "") if team_id else ""},
            )
            for pk, _owner, old in moved
        ],
        actor=actor,
    )


def _by_owner(moved: list[tuple[int, int | None, int | None]], owner_id: int | None) -> dict[int, list[int]]:
    result: dict[int, list[int]] = defaultdict(list)
    for pk, old, _team in moved:
        if old and old != owner_id:
            result[old].append(pk)
    return result
