"""What of the event log is news for whom. Each handler runs once per event (the outbox sees to it)."""

from typing import Any

from django.apps import apps
from django.db import models
from django.urls import reverse

from crm.automation import kinds, services
from crm.events.actor import Actor
from crm.events.models import Event
from crm.identity.models import User
from crm.identity.policies import Owned

WATCHED_SECONDS = 10  # so long people wait for an answer before they turn to something else


def actor_of_event(event: Event) -> Actor:
    """Who caused the event; for a token the person it speaks for is not told of their own doing either."""
    user_id = int(event.actor_id) if event.actor_kind == "user" and event.actor_id.isdigit() else None
    return Actor(event.actor_kind, event.actor_id, event.actor_name, user_id, event.origin)


def subject_of(event: Event) -> models.Model | None:
    """The record the event is about, if it is still there."""
    try:
        model = apps.get_model(event.subject_type)
    except (LookupError, ValueError):
        return None
    return model._default_manager.filter(pk=event.subject_id).first()


def transferred(event: Event) -> None:
    """Tell the new owner; many records given by one person at one time are one piece of news."""
    record = subject_of(event)
    policy = getattr(record, "access", None)
    if record is None or (isinstance(policy, Owned) and policy.also_via):  # a part moves with its whole
        return
    _tell(event, kinds.TRANSFERRED, User._base_manager.filter(pk=event.payload.get("to_id")), record)


def shared(event: Event) -> None:
    """Tell the colleague, or everybody in the team, with whom a record was shared."""
    record = subject_of(event)
    if record is None:
        return
    if user_id := event.payload.get("user_id"):
        users = User._base_manager.filter(pk=user_id)
    else:
        users = User._base_manager.filter(team_id=event.payload.get("team_id") or 0)
    _tell(event, kinds.SHARED, users, record)


def _tell(event: Event, kind: kinds.Kind, users: models.QuerySet[User], record: models.Model) -> None:
    minute = event.at.strftime("%Y%m%d%H%M")
    services.notify(
        users,
        kind,
        params={"actor": event.actor_name, "record": str(record)},
        url=record.get_absolute_url() if hasattr(record, "get_absolute_url") else "",
        about=record,
        event_id=event.pk,
        actor=actor_of_event(event),
        dedupe=f"{event.actor_kind}{event.actor_id}:{minute}",
        gather=True,
    )


def job_finished(event: Event) -> None:
    """Tell the person who started background work that it is over, and how, unless they saw it happen."""
    if event.payload.get("seconds", 0) >= WATCHED_SECONDS:
        _tell_owner(event, kinds.JOB_DONE, state=event.payload.get("state", ""))


def export_ended(event: Event) -> None:
    """Tell the person who asked for a list that its file is there, or that none could be made, unless they waited for it."""
    job, state = subject_of(event), event.payload.get("state", "")
    if state == "stopped" or job is None:
        return
    if state == "failed" or event.payload.get("seconds", 0) >= WATCHED_SECONDS:
        what = event.payload.get("what", "")
        _tell_owner(
            event, kinds.JOB_DONE, state=state, what=what, url=reverse("export_detail", args=[job.pk])
        )


def import_failed(event: Event) -> None:
    """Tell the person who started an import that it could not go on."""
    _tell_owner(event, kinds.JOB_DONE, state="failed")


def import_finished(event: Event) -> None:
    """Tell the person who started an import that it is over."""
    _tell_owner(event, kinds.IMPORT_DONE)


def year_missing(event: Event) -> None:
    """Tell the administrators that the holidays of a coming year have to be entered."""
    services.notify(
        User._base_manager.filter(is_active=True, role__is_administrator=True),
        kinds.CALENDAR,
        params={"year": event.payload.get("year", "")},
        url="/settings/calendar/",
        event_id=event.pk,
        dedupe=f"{event.subject_id}:{event.payload.get('year', '')}",
    )


def _tell_owner(event: Event, kind: kinds.Kind, *, url: str = "", **more: Any) -> None:
    record = subject_of(event)
    user_id = getattr(record, "user_id", None)
    if record is None or user_id is None:
        return
    services.notify(
        User._base_manager.filter(pk=user_id),
        kind,
        params={"what": str(record), **more},
        url=url or (record.get_absolute_url() if hasattr(record, "get_absolute_url") else ""),
        about=record,
        event_id=event.pk,
        dedupe=str(event.pk),  # what failed and was tried again ends twice
    )
