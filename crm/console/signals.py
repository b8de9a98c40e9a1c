"""Signing in and failing to, in the audit log. Django tells of both only by signal."""

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest

from crm.console.middleware import WATCHED
from crm.events.actor import Actor, system
from crm.events.recording import EventRow, record_event, record_events
from crm.identity import services
from crm.identity.backends import find_person
from crm.identity.events import (
    USER_SECOND_FACTOR_ADDED,
    USER_SECOND_FACTOR_REMOVED,
    USER_SIGN_IN_FAILED,
    USER_SIGNED_IN,
)
from crm.identity.models import User


@receiver(user_logged_in)
def record_sign_in(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Who signed in, from where."""
    if request is not None and hasattr(request, "META"):
        address = _address(request)
        record_event(USER_SIGNED_IN, user, actor=Actor.of(user), private={"address": address})
        if not request.session.session_key:
            request.session.save()
        row = services.note_session(
            user, request.session.session_key, address=address, agent=request.headers.get("User-Agent", "")
        )
        request.session[WATCHED] = [row.pk, row.session_key, int(time.time())]


@receiver(user_logged_out)
def forget_device(sender: Any, request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    """Who signs out is no longer signed in on this device."""
    if request is not None and getattr(request, "session", None) and request.session.session_key:
        services.forget_session(request.session.session_key)


@receiver(authenticator_added)
def record_second_factor(sender: Any, user: User, authenticator: Any, **kwargs: Any) -> None:
    """Somebody set up a second factor, or new recovery codes."""
    record_event(
        USER_SECOND_FACTOR_ADDED, user, actor=Actor.of(user), payload={"type": str(authenticator.type)}
    )


@receiver(authenticator_removed)
def record_loss(sender: Any, user: User, authenticator: Any, **kwargs: Any) -> None:
    """Somebody took their second factor off."""
    record_event(
        USER_SECOND_FACTOR_REMOVED, user, actor=Actor.of(user), payload={"type": str(authenticator.type)}
    )


@receiver(user_login_failed)
def record_failure(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """A refused sign-in: for somebody who exists by their id; names nobody has are not kept, they may be passwords."""
    login = str(credentials.get("username") or credentials.get("email") or "").strip()
    if not login or request is None:
        return
    user = find_person(login)
    # Known or not, one event is written: what is written takes time, and the time must say nothing either.
    row = EventRow(
        User,
        user.pk if user else "",
        payload={"known": user is not None},
        private={"address": _address(request)},
    )
    record_events(USER_SIGN_IN_FAILED, [row], actor=system("sign-in").via("web"))


def _address(request: HttpRequest) -> str:
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:  # behind a proxy that does not say
        return ""
