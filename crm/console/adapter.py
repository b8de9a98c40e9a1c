"""How this installation signs people in: by allauth, without public sign-up, and with every change recorded."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import ratelimit
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.events.actor import Actor
from crm.identity import services


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
        services.set_password(user, password, actor=Actor.of(user))
        user.refresh_from_db()
        for login in filter(None, (user.get_username(), user.email)):
            self.forget_failures(self.request, login)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """allauth's own notices about signing in and out say nothing people do not see."""

    def forget_failures(self, request: HttpRequest, login: str) -> None:
        """Let somebody in again whose password an administrator has just set."""
        key = self._get_login_attempts_cache_key(request, username=login)
        ratelimit.clear(request, action="login_failed", key=key)
