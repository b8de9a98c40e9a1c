"""The second factor: an authenticator app or security keys, with recovery codes, by allauth; secrets are kept encrypted."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext_lazy as _

from crm.console.services.second_factor import SEALED_FOR, second_factors
from crm.core.sealing import seal, unseal
from crm.identity.queries import company


class SecondFactorAdapter(DefaultMFAAdapter):
    """How this installation names itself in the app, and who may do without a second factor."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is wrong or has run out. Take the one the app shows now."),
        "incorrect_key": _("This is not a key of yours, or it answered too late. Try again."),
        "cannot_delete_authenticator": _(
            "Your role needs a second factor. Set up another one first, or ask an administrator to reset it."
        ),
    }

    def get_totp_issuer(self) -> str:
        return str(company()) or "Yuanke"

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        role = authenticator.user.role
        if not (settings.SECOND_FACTOR and role and role.needs_second_factor):
            return True
        return second_factors(authenticator.user).exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:
        keys = second_factors(user).filter(type=type).count()
        return _("Security key %(number)s") % {"number": keys + 1}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": self.get_totp_issuer()}

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, Any]:
        return {
            **super().get_public_key_credential_user_entity(user),
            "name": user.get_username(),
            "display_name": str(user),
        }

    def encrypt(self, text: str) -> str:
        return seal(text, SEALED_FOR)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, SEALED_FOR)
