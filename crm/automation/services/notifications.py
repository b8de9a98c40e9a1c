"""Telling people: once each, in their own way, and only what they may still see."""

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone, translation

from crm.automation import queries
from crm.automation.kinds import Kind, title_of
from crm.automation.models import Notification, OutgoingEmail
from crm.automation.rules.quiet import quiet_until
from crm.automation.services import mail, robots
from crm.automation.services.unsubscribing import unsubscribe_url
from crm.events.actor import Actor
from crm.identity.access import may
from crm.identity.fields import as_seen_by
from crm.identity.middleware import zone_of
from crm.identity.models import User

HEARD = "heard"  # in the particulars of news that gather: the events that were counted
NAMED_BY_NEWEST = ("event_id", "params", "url", "body", "about_type", "about_id")
GATHER = datetime.timedelta(minutes=1)  # a mail about news that may come in numbers waits for the others


@transaction.atomic
def notify(
    users: Iterable[User],
    kind: Kind,
    *,
    params: Mapping[str, Any] | Callable[[Any], Mapping[str, Any]],
    dedupe: str,
    url: str = "",
    body: str | Callable[[Any], str] = "",
    about: models.Model | None = None,
    event_id: int | None = None,
    actor: Actor | None = None,
    gather: bool = False,
    work_of: User | None = None,
) -> list[Notification]:
    """Tell people once, in the bell, by mail and in their digest as they prefer; who may not see the record hears nothing.

    Groups whose robot tells of it hear of the same occasion, under the name of the person whose work it is: `work_of`,
    else those told. Words of the record itself (`params`, `body`) are given as functions of it, so that everybody reads
    them as far as their role may. `dedupe` names the occasion: a second call for it changes nothing, or with `gather` counts one more into the same
    unread piece of news. Nobody is told of what they did themselves.
    """
    told: list[Notification] = []
    people = {u.pk: u for u in users if u.is_active and not (actor and actor.user_id == u.pk)}
    ways = queries.ways(people.values(), kind)
    reached: list[User] = []
    for user in people.values():
        in_app, by_mail, in_digest = ways[user.pk]
        if about is not None and not may(user, "view", about):
            continue
        key = f"{kind.key}:{dedupe}:{user.pk}"
        note = Notification(
            user=user,
            kind=kind.key,
            **_words(user, about, params, body),
            url=url,
            about_type=about._meta.label_lower if about is not None else "",
            about_id=about.pk if about is not None else None,
            event_id=event_id,
            in_bell=in_app,
            in_digest=in_digest,
            dedupe_key=key,
        )
        if in_app or in_digest:
            fresh, known = _keep(note, gather)
            told += fresh
            if known:
                continue
        reached.append(user)
        if by_mail and user.email:
            _mail(note, gather)
    if reached:
        robots.announce(
            kind,
            [work_of] if work_of else reached,
            params=params(about) if callable(params) else params,
            about=about,
            url=url,
            dedupe=dedupe,
            gather=gather,
        )
    return told


def _words(user: User, about: models.Model | None, params: Any, body: Any) -> dict[str, Any]:
    """The particulars and the text of news, taken from the record as this person sees it."""
    seen = as_seen_by(user, about) if about is not None and (callable(params) or callable(body)) else about
    return {
        "params": dict(params(seen) if callable(params) else params),
        "body": body(seen) if callable(body) else body,
    }


def _keep(note: Notification, gather: bool) -> tuple[list[Notification], bool]:
    """Put the news into the bell: what is there for the first time, and whether this very event was told before."""
    if gather:
        note.params[HEARD] = [note.event_id]
    kept, created = Notification._base_manager.get_or_create(
        dedupe_key=note.dedupe_key,
        defaults={
            f.name: getattr(note, f.name) for f in note._meta.fields if f.name not in ("id", "dedupe_key")
        },
    )
    if created:
        return [kept], False
    if gather:
        kept = Notification._base_manager.select_for_update().get(pk=kept.pk)
        event, heard = note.event_id, kept.params.get(HEARD, [kept.event_id])
        if event in heard:
            return [], True
        older, newer = (note, kept) if event < kept.event_id else (kept, note)
        for name in NAMED_BY_NEWEST:  # the newest names the news and where it leads, whichever came first
            setattr(older, name, getattr(newer, name))
        note.params[HEARD] = sorted([*heard, event])
        kept.params, kept.count, kept.read_at = note.params, kept.count + 1, None
        kept.save(update_fields=[*NAMED_BY_NEWEST, "count", "read_at"])
    return [], False


def _mail(note: Notification, gather: bool) -> None:
    kept = None
    if gather:
        kept = (
            OutgoingEmail._base_manager.select_for_update()
            .filter(dedupe_key=note.dedupe_key, state=OutgoingEmail.State.PENDING)
            .first()
        )
        shown = (
            Notification._base_manager.filter(dedupe_key=note.dedupe_key)
            .values_list("count", flat=True)
            .first()
        )
        note.count = shown or 1
    leave = unsubscribe_url(note.user, note.kind)
    zone = zone_of(note.user)
    with translation.override(note.user.language or settings.LANGUAGE_CODE), timezone.override(zone):
        subject = title_of(note.kind, note.params, note.count)
        text, html = mail.render(note, subject, leave)
    if kept is not None:
        kept.subject, kept.text, kept.html = mail.one_line(subject), text, html
        kept.save(update_fields=["subject", "text", "html"])
        return
    mail.enqueue(
        to=note.user.email,
        user=note.user,
        kind=note.kind,
        subject=subject,
        text=text,
        html=html,
        dedupe_key=note.dedupe_key,
        about_type=note.about_type,
        about_id=note.about_id,
        unsubscribe_url=leave,
        delay=max(GATHER if gather else datetime.timedelta(0), _quiet(note.user, zone)),
    )


def _quiet(user: User, zone: datetime.tzinfo) -> datetime.timedelta:
    """How long a mail has to wait for the end of the hours in which the person wants none."""
    hours, now = queries.rhythm(user), timezone.now()
    return quiet_until(now, hours.quiet_from, hours.quiet_to, zone) - now


def mark_read(user: User, ids: Iterable[int]) -> int:
    """Mark some of one's own notifications as read; returns how many were unread."""
    return Notification._base_manager.filter(user=user, pk__in=list(ids), read_at__isnull=True).update(
        read_at=timezone.now()
    )


def mark_unread(user: User, ids: Iterable[int]) -> int:
    """Take the mark back: what mark_read undoes."""
    return Notification._base_manager.filter(user=user, pk__in=list(ids)).update(read_at=None)


def mark_all_read(user: User) -> int:
    """Mark everything in one's own bell as read."""
    return Notification._base_manager.filter(user=user, read_at__isnull=True).update(read_at=timezone.now())
