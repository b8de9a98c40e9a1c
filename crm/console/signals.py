"""Signing in and failing to, in the audit log. Django tells of both only by signal."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest

from crm.events.actor import Actor, system
from crm.events.recording import EventRow, record_event, record_events
from crm.identity.backends import find_person
from crm.identity.events import USER_SIGN_IN_FAILED, USER_SIGNED_IN
from crm.identity.models import User


@receiver(user_logged_in)
def record_sign_in(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Who signed in, from where."""
    if request is not None and hasattr(request, "META"):
        record_event(USER_SIGNED_IN, user, actor=Actor.of(user), private={"address": _address(request)})


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
