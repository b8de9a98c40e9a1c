"""Sessions of people: noted when they sign in, ended by them, by an administrator, or because they left."""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.events import USER_SESSIONS_ENDED
from crm.identity.models import User, UserSession


def note_session(user: User, session_key: str, *, address: str = "", agent: str = "") -> UserSession:
    """Keep in mind that somebody signed in on a device."""
    row, _created = UserSession._base_manager.update_or_create(
        session_key=session_key,
        defaults={"user": user, "address": address[:45], "agent": agent[:300], "seen_at": timezone.now()},
    )
    return row


def touch_session(pk: int, session_key: str) -> None:
    """The device is in use; its key may have changed since."""
    UserSession._base_manager.filter(pk=pk).update(session_key=session_key, seen_at=timezone.now())


def forget_session(session_key: str) -> None:
    """Somebody signed out on this device."""
    UserSession._base_manager.filter(session_key=session_key).delete()


@transaction.atomic
def end_sessions(user: User, *, actor: Actor, keep: str = "", only: UserSession | None = None) -> int:
    """Sign somebody out: everywhere, everywhere but on one device (`keep`, its session key), or on one (`only`).

    It holds for the very next request. Returns how many sessions ended.
    """
    rows = UserSession._base_manager.filter(user=user).exclude(session_key=keep)
    if only is not None:
        rows = rows.filter(pk=only.pk)
    keys = list(rows.values_list("session_key", flat=True))
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in keys:
        store(key).delete()
    rows.delete()
    if keys:
        record_event(USER_SESSIONS_ENDED, user, actor=actor, payload={"count": len(keys)})
    return len(keys)


def tidy_sessions() -> int:
    """Delete sessions that ran out, and what was noted of them; returns how many devices went."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    old = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    gone = UserSession._base_manager.filter(signed_in_at__lt=timezone.now() - timedelta(hours=1)).exclude(
        session_key__in=Session.objects.values("session_key")
    )
    return gone.delete()[0] + UserSession._base_manager.filter(seen_at__lt=old).delete()[0]
