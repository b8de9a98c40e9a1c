"""How this installation signs people in: by allauth, without public sign-up, and with every change recorded."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.events.actor import Actor
from crm.identity import services
from crm.identity.backends import find_person


class AccountAdapter(DefaultAccountAdapter):
    """No sign-up; passwords change through the service, which records it."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # The minutes are those of ACCOUNT_RATE_LIMITS["login_failed"].
        "too_many_login_attempts": _("Too many wrong attempts. Wait 5 minutes, then try again."),
        "username_password_mismatch": _("User name or password is wrong. Check both and try again."),
        "email_password_mismatch": _("User name or password is wrong. Check both and try again."),
        "invalid_password_reset": _("This link has been used or has run out. Ask for a new one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        own = self.request.user.pk == user.pk and self.request.session.session_key
        services.set_password(user, password, keep_session=own or "", actor=Actor.of(user))
        user.refresh_from_db()
        self.forget_failures(self.request, user.get_username())

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """allauth's own notices about signing in and out say nothing people do not see."""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Attempts count for the person, whichever of their names is tried; unknown names count for themselves."""
        login = str(credentials.get("email") or credentials.get("username") or "")
        user = find_person(login)
        return super()._get_login_attempts_cache_key(request, username=user.get_username() if user else login)

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Whether dangerous acts ask for the password (or the second factor) again: not soon after it was given."""
        if not settings.CONFIRM_MINUTES:
            return False
        given = get_authentication_records(self.request, self.request.user)
        return not given or time.time() - given[-1]["at"] > settings.CONFIRM_MINUTES * 60

    def forget_failures(self, request: HttpRequest, login: str) -> None:
        """Let somebody in again whose password an administrator has just set."""
        key = self._get_login_attempts_cache_key(request, username=login)
        ratelimit.clear(request, action="login_failed", key=key)
