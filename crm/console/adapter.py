"""How this installation signs people in: by allauth, without public sign-up, and with every change recorded."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from crm.console.queries import company_name
from crm.events.actor import Actor
from crm.identity import services


class AccountAdapter(DefaultAccountAdapter):
    """No sign-up; links are made of the installation's own address; passwords change through the service."""

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

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link in the mail never follows the request's Host header, which anybody can forge."""
        path = super().get_reset_password_from_key_url(key)
        return settings.BASE_URL + "/" + path.split("://", 1)[-1].split("/", 1)[-1]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        user = context.get("user")
        with translation.override(getattr(user, "language", "") or settings.LANGUAGE_CODE):
            super().send_mail(template_prefix, email, {**context, "company_name": company_name()})

    def format_email_subject(self, subject: str) -> str:
        return f"[{company_name() or 'Yuanke'}] {subject}"

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """allauth's own notices about signing in and out say nothing people do not see."""

    def forget_failures(self, request: HttpRequest, login: str) -> None:
        """Let somebody in again whose password an administrator has just set."""
        key = self._get_login_attempts_cache_key(request, username=login)
        ratelimit.clear(request, action="login_failed", key=key)
